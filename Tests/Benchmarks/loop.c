// The rival: a minimal TLS echo server over the same Mbed TLS (2.28 or 3.6) as Postern, as lean as it can
// honestly be. Level-triggered epoll, one accept an event, contexts kept per descriptor and reused by
// mbedtls_ssl_session_reset, one plain-text buffer for all. It has no timers, no log, no clock, no limits
// and no arena: never use it to serve.
//   loop PORT CERTIFICATE KEY GROUP     on 127.0.0.1; port 0 takes a free one; GROUP is the first choice, P-256 or
//                                       X25519, as Postern's; SIGTERM ends it
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ciphersuites.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/version.h>

enum { maximumDescriptors = 128, eventsPerWait = 64, backlog = 128, ticketLifetimeSeconds = 86400 };

struct slot {
    mbedtls_ssl_context ssl;
    uint32_t watched;  // what epoll watches for
    int prepared;      // mbedtls_ssl_setup was done: the context is reused
    int open;          // the handshake is over
    size_t unsent;     // length of a record that is encrypted and not yet sent whole
    size_t limit;      // what one record out can carry: 16,384 bytes, in TLS 1.3 one less
};

static struct slot slots[maximumDescriptors];  // by descriptor
static unsigned char plain[MBEDTLS_SSL_OUT_CONTENT_LEN];
static mbedtls_ssl_config configuration;
static mbedtls_ssl_ticket_context tickets;
static mbedtls_x509_crt certificate;
static mbedtls_pk_context key;
static int poller;

#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#include <psa/crypto.h>

#define SUITES_OF_TLS_1_3 \
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256, MBEDTLS_TLS1_3_AES_256_GCM_SHA384, MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,

static int randomBytes(void *unused, unsigned char *bytes, size_t count)
{
    (void)unused;
    return psa_generate_random(bytes, count) == PSA_SUCCESS ? 0 : -1;
}

static int prepareRandom(void) { return psa_crypto_init() == PSA_SUCCESS ? 0 : -1; }

static int parseKey(const char *path) { return mbedtls_pk_parse_keyfile(&key, path, NULL, randomBytes, NULL); }

static void chooseVersionsAndGroups(int x25519First)
{
    static uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
                                MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1, MBEDTLS_SSL_IANA_TLS_GROUP_NONE};
    groups[x25519First ? 0 : 1] = MBEDTLS_SSL_IANA_TLS_GROUP_X25519;
    mbedtls_ssl_conf_min_tls_version(&configuration, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_groups(&configuration, groups);
    mbedtls_ssl_conf_new_session_tickets(&configuration, 1);
}
#else
#define SUITES_OF_TLS_1_3

static mbedtls_ctr_drbg_context generator;

static int randomBytes(void *unused, unsigned char *bytes, size_t count)
{
    (void)unused;
    return mbedtls_ctr_drbg_random(&generator, bytes, count);
}

static int kernelEntropy(void *unused, unsigned char *bytes, size_t count)
{
    (void)unused;
    return getrandom(bytes, count, 0) == (ssize_t)count ? 0 : -1;
}

static int prepareRandom(void)
{
    mbedtls_ctr_drbg_init(&generator);
    return mbedtls_ctr_drbg_seed(&generator, kernelEntropy, NULL, NULL, 0);
}

static int parseKey(const char *path) { return mbedtls_pk_parse_keyfile(&key, path, NULL); }

static void chooseVersionsAndGroups(int x25519First)
{
    static mbedtls_ecp_group_id groups[] = {MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_SECP256R1,
                                            MBEDTLS_ECP_DP_SECP384R1, MBEDTLS_ECP_DP_NONE};
    groups[x25519First ? 0 : 1] = MBEDTLS_ECP_DP_CURVE25519;
    mbedtls_ssl_conf_min_version(&configuration, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_curves(&configuration, groups);
}
#endif

static const int suites[] = {
    SUITES_OF_TLS_1_3
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, 0,
};

static void require(int condition, const char *what)
{
    if (condition) return;
    fprintf(stderr, "loop: error: %s\n", what);
    exit(2);
}

static void prepareTLS(const char *certificatePath, const char *keyPath, int x25519First)
{
    require(prepareRandom() == 0, "the random generator does not start");
    mbedtls_x509_crt_init(&certificate);
    mbedtls_pk_init(&key);
    require(mbedtls_x509_crt_parse_file(&certificate, certificatePath) == 0, "the certificate cannot be read");
    require(parseKey(keyPath) == 0, "the key cannot be read");
    mbedtls_ssl_config_init(&configuration);
    require(mbedtls_ssl_config_defaults(&configuration, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM,
                                        MBEDTLS_SSL_PRESET_DEFAULT) == 0, "no memory");
    mbedtls_ssl_conf_rng(&configuration, randomBytes, NULL);
    mbedtls_ssl_conf_ciphersuites(&configuration, suites);
    chooseVersionsAndGroups(x25519First);
    require(mbedtls_ssl_conf_own_cert(&configuration, &certificate, &key) == 0, "no memory");
    mbedtls_ssl_ticket_init(&tickets);
    require(mbedtls_ssl_ticket_setup(&tickets, randomBytes, NULL, MBEDTLS_CIPHER_AES_256_GCM,
                                     ticketLifetimeSeconds) == 0, "the ticket keys cannot be made");
    mbedtls_ssl_conf_session_tickets_cb(&configuration, mbedtls_ssl_ticket_write, mbedtls_ssl_ticket_parse, &tickets);
}

static int openListener(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t length = sizeof address;
    int yes = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);  // what is accepted inherits it
    require(bind(listener, (struct sockaddr *)&address, length) == 0 && listen(listener, backlog) == 0 &&
            getsockname(listener, (struct sockaddr *)&address, &length) == 0, "the port cannot be opened");
    fprintf(stderr, "loop: listening on 127.0.0.1:%d; Mbed TLS %s\n", ntohs(address.sin_port), MBEDTLS_VERSION_STRING);
    return listener;
}

static int receiveBytes(void *context, unsigned char *bytes, size_t count)
{
    ssize_t received = recv((int)(intptr_t)context, bytes, count, 0);
    if (received >= 0) return (int)received;
    return errno == EAGAIN ? MBEDTLS_ERR_SSL_WANT_READ : -1;
}

static int sendBytes(void *context, const unsigned char *bytes, size_t count)
{
    ssize_t sent = send((int)(intptr_t)context, bytes, count, MSG_NOSIGNAL);
    if (sent >= 0) return (int)sent;
    return errno == EAGAIN ? MBEDTLS_ERR_SSL_WANT_WRITE : -1;
}

static void watch(int operation, int descriptor, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = descriptor};
    epoll_ctl(poller, operation, descriptor, &event);
    slots[descriptor].watched = events;
}

static void closeConnection(int descriptor)
{
    close(descriptor);  // which also ends the watching
    slots[descriptor].open = 0;
    slots[descriptor].unsent = 0;
    mbedtls_ssl_session_reset(&slots[descriptor].ssl);
}

static void acceptConnection(int listener)
{
    int descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (descriptor < 0) return;
    struct slot *slot = descriptor < maximumDescriptors ? &slots[descriptor] : NULL;
    if (slot == NULL || (!slot->prepared && mbedtls_ssl_setup(&slot->ssl, &configuration) != 0)) {
        close(descriptor);
        return;
    }
    slot->prepared = 1;
    mbedtls_ssl_set_bio(&slot->ssl, (void *)(intptr_t)descriptor, sendBytes, receiveBytes, NULL);
    watch(EPOLL_CTL_ADD, descriptor, EPOLLIN);
}

// Goes on until the connection must wait: 1 with all done for now, else the code of Mbed TLS.
static int advance(struct slot *slot)
{
    int result;
    if (!slot->open) {
        if ((result = mbedtls_ssl_handshake(&slot->ssl)) != 0) return result;
        slot->open = 1;
        slot->limit = (size_t)mbedtls_ssl_get_max_out_record_payload(&slot->ssl);
        if (!mbedtls_ssl_check_pending(&slot->ssl)) return 1;
    }
    do {
        if (slot->unsent == 0) {
            if ((result = mbedtls_ssl_read(&slot->ssl, plain, slot->limit)) <= 0) return result;
            slot->unsent = (size_t)result;
        }
        // What was read fits into one record. A repeated call only sends what is left: plain may serve
        // others meanwhile.
        if ((result = mbedtls_ssl_write(&slot->ssl, plain, slot->unsent)) < 0) return result;
        slot->unsent = 0;
    } while (mbedtls_ssl_check_pending(&slot->ssl));
    return 1;
}

static void serve(int descriptor)
{
    struct slot *slot = &slots[descriptor];
    uint32_t wanted = EPOLLIN;
    switch (advance(slot)) {
    case 1:
    case MBEDTLS_ERR_SSL_WANT_READ: break;
    case MBEDTLS_ERR_SSL_WANT_WRITE: wanted = EPOLLOUT; break;
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
        mbedtls_ssl_close_notify(&slot->ssl);
        closeConnection(descriptor);
        return;
    default:  // end of stream or a fault
        closeConnection(descriptor);
        return;
    }
    if (wanted != slot->watched) watch(EPOLL_CTL_MOD, descriptor, wanted);
}

static void stop(int signal)
{
    (void)signal;
    _exit(0);
}

int main(int count, char **arguments)
{
    struct epoll_event events[eventsPerWait];
    require(count == 5, "use: loop PORT CERTIFICATE KEY GROUP");
    signal(SIGTERM, stop);
    prepareTLS(arguments[2], arguments[3], strcmp(arguments[4], "X25519") == 0);
    int listener = openListener((uint16_t)atoi(arguments[1]));
    require((poller = epoll_create1(0)) >= 0, "no epoll");
    watch(EPOLL_CTL_ADD, listener, EPOLLIN);
    for (;;) {
        int ready = epoll_wait(poller, events, eventsPerWait, -1);
        for (int index = 0; index < ready; index++) {
            if (events[index].data.fd == listener) acceptConnection(listener);
            else serve(events[index].data.fd);
        }
    }
}
