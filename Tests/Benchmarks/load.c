// The load: a TLS client over OpenSSL that does a counted number of operations against a server on
// 127.0.0.1, checks every echoed byte, and prints one line: operations, wall seconds and what was
// negotiated. Every run is bounded by its count. It closes cleanly and waits for the server's end of stream,
// so that no work of the server stays behind.
//   load PORT AUTHORITY VERSION GROUP MODE NUMBERS     VERSION: 1.2 or 1.3; GROUP, the one preferred: P-256 or X25519
//     full COUNT          full handshakes              resumed COUNT    resumed handshakes, after a full one
//     echo SIZE COUNT     echoes on one connection     bulk MEBIBYTES   an echoed stream, at most 256 KiB under way
//     hold COUNT          connections with one echo each, held until stdin closes
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

enum { recordBytes = 16384, underWayBytes = 256 * 1024, smallEchoBytes = 64 };
enum { maximumHeld = 1024, patienceSeconds = 120 };

// The same orders as the servers': in TLS 1.3 Mbed TLS follows the client's choice of group and suite.
static const char groups[] = "P-256:X25519:P-384", groupsOtherwise[] = "X25519:P-256:P-384";
static const char suitesOfTLS13[] = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

static SSL_CTX *context;
static int port;
static SSL_SESSION *session;   // with the first ticket
static char negotiated[128];   // of the newest connection
static unsigned char sent[recordBytes], received[recordBytes];

static void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "load: error: ");
    vfprintf(stderr, format, arguments);
    unsigned long code = ERR_get_error();
    fprintf(stderr, code != 0 ? " (%s)\n" : "\n", ERR_reason_error_string(code));
    exit(1);
}

// Keeps the first ticket: all resumed handshakes of a run begin with the same one.
static int keepSession(SSL *ssl, SSL_SESSION *ticket)
{
    (void)ssl;
    if (session != NULL) return 0;
    session = ticket;
    return 1;
}

static void prepareContext(const char *authority, const char *version, const char *group)
{
    const char *list = strcmp(group, "X25519") == 0 ? groupsOtherwise : groups;
    int number = strcmp(version, "1.3") == 0 ? TLS1_3_VERSION : TLS1_2_VERSION;
    context = SSL_CTX_new(TLS_client_method());
    if (!SSL_CTX_set_min_proto_version(context, number) || !SSL_CTX_set_max_proto_version(context, number) ||
        !SSL_CTX_set1_groups_list(context, list) || !SSL_CTX_set_ciphersuites(context, suitesOfTLS13))
        fail("OpenSSL refuses the settings");
    if (!SSL_CTX_load_verify_locations(context, authority, NULL)) fail("cannot read %s", authority);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keepSession);
}

// One connection after its handshake.
static SSL *openConnection(int resuming)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct timeval patience = {.tv_sec = patienceSeconds};
    int yes = 1, descriptor = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0) fail("cannot connect to port %d", port);
    SSL *ssl = SSL_new(context);
    if (!SSL_set_fd(ssl, descriptor) || !SSL_set_tlsext_host_name(ssl, "localhost") || !SSL_set1_host(ssl, "localhost"))
        fail("no memory");
    if (resuming) {  // a copy, since OpenSSL marks a TLS 1.3 session as used up
        SSL_SESSION *copy = SSL_SESSION_dup(session);
        if (copy == NULL || !SSL_set_session(ssl, copy)) fail("the ticket cannot be used");
        SSL_SESSION_free(copy);
    }
    if (SSL_connect(ssl) != 1) fail("the handshake failed");
    if (SSL_session_reused(ssl) != resuming) fail(resuming ? "the server did not resume" : "the server resumed");
    int group = resuming && SSL_version(ssl) == TLS1_2_VERSION ? NID_undef : (int)SSL_get_negotiated_group(ssl);
    snprintf(negotiated, sizeof negotiated, "%s,%s,%s", SSL_get_version(ssl), SSL_get_cipher_name(ssl),
             group == NID_undef ? "-" : OBJ_nid2sn(group));
    return ssl;
}

static void closeConnection(SSL *ssl)
{
    int descriptor = SSL_get_fd(ssl);
    SSL_shutdown(ssl);
    shutdown(descriptor, SHUT_WR);
    while (recv(descriptor, received, sizeof received, 0) > 0) continue;
    SSL_free(ssl);
    close(descriptor);
}

static void echo(SSL *ssl, size_t size, long turn)
{
    memset(sent, (int)(turn * 31 + 7), size);
    memcpy(sent, &turn, size < sizeof turn ? size : sizeof turn);
    if (SSL_write(ssl, sent, (int)size) != (int)size) fail("echo %ld cannot be sent", turn);
    for (size_t total = 0; total < size;) {
        int count = SSL_read(ssl, received + total, (int)(size - total));
        if (count <= 0) fail("echo %ld stopped after %zu bytes", turn, total);
        total += (size_t)count;
    }
    if (memcmp(sent, received, size) != 0) fail("echo %ld came back changed", turn);
}

static void handshakes(int resuming, long count)
{
    for (long turn = 0; turn < count; turn++) closeConnection(openConnection(resuming));
}

// What stands at a place of the bulk stream; its period has no factor in common with a record's size.
static unsigned char streamByte(size_t place) { return (unsigned char)(place % 251); }

// Sends what the window allows; what OpenSSL could not send whole is offered again, the same bytes, by the
// next call.
static size_t sendStream(SSL *ssl, size_t out, size_t end)
{
    while (out < end) {
        size_t size = end - out < sizeof sent ? end - out : sizeof sent;
        for (size_t place = 0; place < size; place++) sent[place] = streamByte(out + place);
        int count = SSL_write(ssl, sent, (int)size);
        if (count > 0) out += (size_t)count;
        else if (SSL_get_error(ssl, count) == SSL_ERROR_WANT_WRITE) break;
        else fail("the stream stopped after %zu bytes out", out);
    }
    return out;
}

static size_t receiveStream(SSL *ssl, size_t in)
{
    int count;
    while ((count = SSL_read(ssl, received, sizeof received)) > 0) {
        for (int place = 0; place < count; place++)
            if (received[place] != streamByte(in + (size_t)place)) fail("byte %zu came back changed", in + place);
        in += (size_t)count;
    }
    if (SSL_get_error(ssl, count) != SSL_ERROR_WANT_READ) fail("the stream stopped after %zu bytes in", in);
    return in;
}

static void bulk(size_t total)
{
    SSL *ssl = openConnection(0);
    struct pollfd watched = {.fd = SSL_get_fd(ssl)};
    size_t out = 0, in = 0;
    fcntl(watched.fd, F_SETFL, O_NONBLOCK);
    while (in < total) {
        // The window moves by whole records, so that a retried record keeps its length.
        size_t end = in / recordBytes * recordBytes + underWayBytes;
        out = sendStream(ssl, out, end < total ? end : total);
        in = receiveStream(ssl, in);
        end = in / recordBytes * recordBytes + underWayBytes;
        watched.events = out < total && out < end ? POLLIN | POLLOUT : POLLIN;
        if (in < total && poll(&watched, 1, patienceSeconds * 1000) <= 0) fail("the stream stands still");
    }
    fcntl(watched.fd, F_SETFL, 0);
    closeConnection(ssl);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void report(long operations, double start)
{
    printf("operations=%ld seconds=%.6f negotiated=%s\n", operations, now() - start, negotiated);
    fflush(stdout);
}

static void hold(long count)
{
    static SSL *held[maximumHeld];
    double start = now();
    for (long turn = 0; turn < count; turn++) echo(held[turn] = openConnection(0), smallEchoBytes, turn);
    report(count, start);
    while (getchar() != EOF) continue;
    for (long turn = 0; turn < count; turn++) closeConnection(held[turn]);
}

int main(int argumentCount, char **arguments)
{
    if (argumentCount < 7) fail("use: load PORT AUTHORITY VERSION GROUP full|resumed|echo|bulk|hold NUMBERS");
    const char *mode = arguments[5];
    long first = atol(arguments[6]), second = argumentCount > 7 ? atol(arguments[7]) : 0;
    signal(SIGPIPE, SIG_IGN);
    port = atoi(arguments[1]);
    prepareContext(arguments[2], arguments[3], arguments[4]);
    if (first < 1 || (strcmp(mode, "hold") == 0 && first > maximumHeld)) fail("number %ld is out of range", first);
    if (strcmp(mode, "hold") == 0) {
        hold(first);
        return 0;
    }
    SSL *ssl = NULL;
    long operations = first;
    if (strcmp(mode, "resumed") == 0) {
        echo(ssl = openConnection(0), 1, 0);  // a TLS 1.3 ticket comes with the first bytes that are read
        closeConnection(ssl);
        if (session == NULL) fail("the server gave no ticket");
    } else if (strcmp(mode, "echo") == 0) {
        if (first > recordBytes || second < 1) fail("use: echo SIZE COUNT, with SIZE up to %d", recordBytes);
        ssl = openConnection(0);
        operations = second;
    }
    double start = now();
    if (strcmp(mode, "full") == 0) handshakes(0, operations);
    else if (strcmp(mode, "resumed") == 0) handshakes(1, operations);
    else if (strcmp(mode, "bulk") == 0) bulk((size_t)operations << 20);
    else if (strcmp(mode, "echo") != 0) fail("unknown mode %s", mode);
    else for (long turn = 0; turn < operations; turn++) echo(ssl, (size_t)first, turn);
    report(operations, start);
    if (strcmp(mode, "echo") == 0) closeConnection(ssl);
    return 0;
}
