// The client's certificates in a handshake: taken out of its Certificate message before the library parses
// them, bounded, held against the server's rules, and kept in DER, so that tickets carry them and the client
// can be authorized again after a reload.
#include "session.h"

#include "ctls_arena.h"

#include <string.h>

enum {
    HEADER_BYTES = 4,           // of a handshake message: type, length
    LENGTH_BYTES = 3,
    EXTENSIONS_LENGTH_BYTES = 2,
};

static ctls_verdict ask(const ctls_session *session, ctls_chain_state state) {
    const ctls_context *context = session->context;
    int is_tls13 = ctls_version_of(&session->ssl) == 0x0304;
    int is_whole = state == CTLS_CHAIN_WHOLE;
    return context->authorize(
        context->authorize_parameter, state, is_tls13, is_whole ? session->client_chain : NULL,
        is_whole ? session->client_chain_bytes : 0);
}

static int refuse(ctls_session *session, ctls_verdict verdict) {
    session->failure = (ctls_failure){CTLS_FAILURE_CLIENT_REFUSED, 0, verdict.reason};
    ctls_alert_send(session, verdict.alert);
    return CTLS_CLIENT_CHAIN_REFUSED;
}

void ctls_client_chain_forget(ctls_session *session) {
    mbedtls_free(session->client_chain);
    session->client_chain = NULL;
    session->client_chain_bytes = session->client_chain_first_bytes = 0;
}

int ctls_client_chain_keep(ctls_session *session, const uint8_t *chain, size_t bytes) {
    ctls_client_chain_forget(session);
    session->client_chain = mbedtls_calloc(1, bytes);
    if (session->client_chain == NULL) return MBEDTLS_ERR_SSL_ALLOC_FAILED;
    memcpy(session->client_chain, chain, bytes);
    session->client_chain_bytes = bytes;
    return 0;
}

ctls_verdict ctls_client_chain_authorize(ctls_session *session) {
    if (!session->context->asks_clients) return (ctls_verdict){0};
    ctls_verdict verdict = ask(
        session, session->client_chain == NULL ? CTLS_CHAIN_MISSING : CTLS_CHAIN_WHOLE);
    session->unchecked = verdict.is_unchecked;
    return verdict;
}

// Bytes of a list as it stands in a message, or -1 when it does not end with the message.
static long read_length(const unsigned char *at, const unsigned char *end, int bytes) {
    if (end - at < bytes) return -1;
    long length = 0;
    for (int i = 0; i < bytes; i++) length = length << 8 | at[i];
    return length <= end - at - bytes ? length : -1;
}

// Whether these bytes are one SEQUENCE of DER and nothing behind it. The library parses what comes first and
// passes over the rest, which we would take for further certificates.
static int is_one_sequence(const unsigned char *at, long count) {
    enum { SEQUENCE = 0x30, LONG_FORM = 0x80 };
    if (count < 2 || at[0] != SEQUENCE) return 0;
    const unsigned char *end = at + count;
    if (at[1] < LONG_FORM) return at[1] == count - 2;
    int bytes = at[1] - LONG_FORM;
    if (bytes < 1 || bytes > LENGTH_BYTES) return 0;
    return read_length(at + 2, end, bytes) == count - 2 - bytes;
}

// Calls with `target` NULL to count, then to copy. Returns the bytes of all certificates, or -1.
static long copy_chain(
    const unsigned char *at, const unsigned char *end, int is_tls13, unsigned char *target, int *count
) {
    long total = 0;
    *count = 0;
    while (at != end) {
        long length = read_length(at, end, LENGTH_BYTES);
        if (length <= 0 || !is_one_sequence(at + LENGTH_BYTES, length)) return -1;
        at += LENGTH_BYTES;
        if (target != NULL) memcpy(target + total, at, (size_t)length);
        at += length;
        total += length;
        *count += 1;
        if (!is_tls13) continue;
        long extensions = read_length(at, end, EXTENSIONS_LENGTH_BYTES);
        if (extensions < 0) return -1;
        at += EXTENSIONS_LENGTH_BYTES + extensions;
    }
    return total;
}

// RFC 5246, section 7.4.6; RFC 8446, section 4.4.2. WHOLE when all is well.
static ctls_chain_state take_chain(ctls_session *session) {
    const mbedtls_ssl_context *ssl = &session->ssl;
    int is_tls13 = ctls_version_of(ssl) == 0x0304;
    size_t message_bytes = ctls_message_bytes(ssl);
    if (message_bytes < HEADER_BYTES) return CTLS_CHAIN_INVALID;
    const unsigned char *at = ctls_message(ssl) + HEADER_BYTES, *end = ctls_message(ssl) + message_bytes;
    if (is_tls13) {
        if (read_length(at, end, 1) != 0) return CTLS_CHAIN_INVALID;   // ours had no context
        at += 1;
    }
    long list = read_length(at, end, LENGTH_BYTES);
    if (list < 0 || list != end - at - LENGTH_BYTES) return CTLS_CHAIN_INVALID;
    at += LENGTH_BYTES;
    int count;
    long bytes = copy_chain(at, end, is_tls13, NULL, &count);
    if (bytes == 0) return CTLS_CHAIN_WHOLE;     // none is one too
    if (bytes < 0) return CTLS_CHAIN_INVALID;
    if (bytes > CTLS_CLIENT_CHAIN_BYTES || count > CTLS_CLIENT_CHAIN_CERTIFICATES)
        return CTLS_CHAIN_TOO_LONG;
    session->client_chain = mbedtls_calloc(1, (size_t)bytes);
    if (session->client_chain == NULL) return CTLS_CHAIN_OUT_OF_MEMORY;
    session->client_chain_bytes = (size_t)bytes;
    session->client_chain_first_bytes = (size_t)read_length(at, end, LENGTH_BYTES);
    copy_chain(at, end, is_tls13, session->client_chain, &count);
    return CTLS_CHAIN_WHOLE;
}

int ctls_client_chain_look(ctls_session *session) {
    mbedtls_ssl_context *ssl = &session->ssl;
    if (!session->context->asks_clients
        || session->client_chain_stage != CTLS_CLIENT_CHAIN_UNSEEN
        || ctls_state(ssl) != MBEDTLS_SSL_CLIENT_CERTIFICATE)
        return 0;
    int code = ctls_peek_message(ssl);
    if (code != 0) return code;
    session->client_chain_stage = CTLS_CLIENT_CHAIN_SEEN;
    // A ticket that was accepted and then not used must not speak for the client.
    ctls_client_chain_forget(session);
    session->resumed = 0;
    if (ctls_content_type(ssl) != MBEDTLS_SSL_MSG_HANDSHAKE
        || ctls_message(ssl)[0] != MBEDTLS_SSL_HS_CERTIFICATE)
        return 0;   // the library refuses it
    ctls_arena_limit(CTLS_CLIENT_CHAIN_ARENA_BYTES);
    ctls_chain_state state = take_chain(session);
    ctls_verdict verdict =
        state == CTLS_CHAIN_WHOLE ? ctls_client_chain_authorize(session) : ask(session, state);
    ctls_arena_limit(0);
    if (verdict.reason != 0) return refuse(session, verdict);
    session->client_chain_stage = CTLS_CLIENT_CHAIN_AUTHORIZED;
    return 0;
}

// Whether the library goes on with the key of the certificate that was authorized, or with none where
// there was none.
static int is_kept(const ctls_session *session) {
    const mbedtls_ssl_session *negotiated = ctls_session_negotiated(&session->ssl);
    const mbedtls_x509_crt *kept = negotiated == NULL ? NULL : ctls_peer_certificate(negotiated);
    if (session->client_chain == NULL) return negotiated != NULL && kept == NULL;
    return kept != NULL && kept->raw.p != NULL && kept->raw.len == session->client_chain_first_bytes
        && memcmp(kept->raw.p, session->client_chain, session->client_chain_first_bytes) == 0;
}

int ctls_client_chain_confirm(ctls_session *session) {
    if (!session->context->asks_clients) return 0;
    if (session->client_chain_stage != CTLS_CLIENT_CHAIN_AUTHORIZED || !is_kept(session))
        return refuse(session, ask(session, CTLS_CHAIN_INVALID));
    session->client_chain_stage = CTLS_CLIENT_CHAIN_CONFIRMED;
    return 0;
}

static void free_chain(mbedtls_x509_crt **chain) {
    if (*chain == NULL) return;
    mbedtls_x509_crt_free(*chain);
    mbedtls_free(*chain);
    *chain = NULL;
}

void ctls_client_chain_trim(mbedtls_ssl_session *session, int is_over) {
    if (session == NULL) return;
    mbedtls_x509_crt **chain = ctls_certificates_of(session);
    if (*chain != NULL) free_chain(is_over ? chain : &(*chain)->next);
}
