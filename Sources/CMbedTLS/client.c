// The client's side of a session. See ctls_client_session.h.
#include "ctls_arena.h"
#include "identity.h"
#include "session.h"
#include "status.h"

#include <mbedtls/platform.h>

struct ctls_resumption {
    mbedtls_ssl_session session;
    uint32_t count;     // how many times a server has given something
    uint16_t version;   // of the connection in which it did so last
};

ctls_resumption *ctls_resumption_create(void) {
    ctls_resumption *resumption = mbedtls_calloc(1, sizeof *resumption);
    if (resumption != NULL) mbedtls_ssl_session_init(&resumption->session);
    return resumption;
}

void ctls_resumption_free(ctls_resumption *resumption) {
    if (resumption == NULL) return;
    mbedtls_ssl_session_free(&resumption->session);
    mbedtls_free(resumption);
}

uint32_t ctls_resumption_count(const ctls_resumption *resumption) { return resumption->count; }

int ctls_context_show(ctls_context *context, ctls_identity *identity) {
    ctls_key_pair *pair = &identity->pairs[0];
    return mbedtls_ssl_conf_own_cert(&context->config, &pair->chain, &pair->key) == 0 ? 0 : CTLS_FAILED;
}

int ctls_session_begin_client(
    ctls_session *session, const char *name, ctls_resumption *resumption,
    void *stream, ctls_send send, ctls_receive receive
) {
    uint32_t failures = ctls_arena_failures();
    ctls_session_attach(session, stream, send, receive);
    session->resumption = resumption;
    int error = mbedtls_ssl_set_hostname(&session->ssl, name);
    if (error == 0 && resumption->count > 0)
        error = mbedtls_ssl_set_session(&session->ssl, &resumption->session);
    if (error == 0) return 0;
    session->failure = ctls_failure_of(error, failures);
    return CTLS_FAILED;
}

// What the library does not tell: read in the server's messages, which still lie in the input buffer after
// the step that has parsed them.

enum {
    MESSAGE_HEADER_BYTES = 4, RANDOM_BYTES = 32, NAMED_CURVE = 3, TLS12 = 0x0303, TLS13 = 0x0304,
    EXTENSION_SUPPORTED_VERSIONS = 43, EXTENSION_KEY_SHARE = 51,
};

static uint16_t number_at(const unsigned char *bytes) { return (uint16_t)(bytes[0] << 8 | bytes[1]); }

// The first two bytes of an extension of a ServerHello (RFC 8446, section 4.1.3), or 0.
static uint16_t extension_of_hello(const unsigned char *body, size_t count, uint16_t type) {
    size_t at = 2 + RANDOM_BYTES;
    if (count <= at) return 0;
    at += 1 + body[at] + 2 + 1 + 2;     // session id, suite, compression, length of the extensions
    while (at + 4 <= count) {
        size_t length = number_at(body + at + 2);
        if (length > count - at - 4) return 0;
        if (number_at(body + at) == type) return length >= 2 ? number_at(body + at + 4) : 0;
        at += 4 + length;
    }
    return 0;
}

// RFC 8446, sections 4.1.3 and 4.2.8. Mbed TLS before 3.6.8 takes a hello for one of TLS 1.3 that says so in
// the wrong place, and goes on without a key exchange (CVE-2026-115490): such a one has no version here.
static void look_at_hello(ctls_session *session, const unsigned char *body, size_t count) {
    uint16_t group = extension_of_hello(body, count, EXTENSION_KEY_SHARE);
    if (group != 0) session->group = group;
    uint16_t version = extension_of_hello(body, count, EXTENSION_SUPPORTED_VERSIONS);
    int is_valid = count >= 2 && number_at(body) == TLS12 && (version == 0 || version == TLS13);
    session->hello_version = !is_valid ? 0 : version == 0 ? TLS12 : TLS13;
}

// Returns 0 for a message that the handshake may go on from.
static int look_at_message(ctls_session *session) {
    const mbedtls_ssl_context *ssl = &session->ssl;
    size_t message_bytes = ctls_message_bytes(ssl);
    if (message_bytes < MESSAGE_HEADER_BYTES || ctls_content_type(ssl) != MBEDTLS_SSL_MSG_HANDSHAKE)
        return 0;
    const unsigned char *body = ctls_message(ssl) + MESSAGE_HEADER_BYTES;
    size_t count = message_bytes - MESSAGE_HEADER_BYTES;
    switch (ctls_message(ssl)[0]) {
    case MBEDTLS_SSL_HS_SERVER_HELLO:
        look_at_hello(session, body, count);
        return session->hello_version == 0;
    case MBEDTLS_SSL_HS_SERVER_KEY_EXCHANGE:    // RFC 8422, section 5.4
        if (count >= 3 && body[0] == NAMED_CURVE) session->group = number_at(body + 1);
        break;
    case MBEDTLS_SSL_HS_CERTIFICATE_REQUEST:
        session->certificate_wanted = 1;
        break;
    }
    return 0;
}

// Whether a step from the state `before` was the one by which the library leaves out the certificate.
static int is_resumed_by(int before, int state) {
#if CTLS_HAS_TLS13
    if (before == MBEDTLS_SSL_ENCRYPTED_EXTENSIONS) return state == MBEDTLS_SSL_SERVER_FINISHED;
#endif
    return before == MBEDTLS_SSL_SERVER_HELLO && state == MBEDTLS_SSL_SERVER_CHANGE_CIPHER_SPEC;
}

// What the library goes on with must be what the server's hello says and, where no certificate is shown, the
// session that was offered: one of another version has no secret in common with it.
static int is_sound(const ctls_session *session) {
    uint16_t version = ctls_version_of(&session->ssl);
    if (session->hello_version != version) return 0;
    if (session->resumed) return session->resumption->count > 0 && session->resumption->version == version;
    return ctls_peer_certificate(ctls_current_session(&session->ssl)) != NULL;
}

static int refuse_handshake(ctls_session *session) {
    ctls_session_refuse(session, CTLS_ALERT_ILLEGAL_PARAMETER);
    return MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE;
}

int ctls_client_handshake_steps(ctls_session *session, int to_the_end) {
    mbedtls_ssl_context *ssl = &session->ssl;
    while (!ctls_is_handshake_over(ssl)) {
        int before = ctls_state(ssl);
        if (before == MBEDTLS_SSL_CLIENT_CERTIFICATE && !to_the_end) break;
        int code = mbedtls_ssl_handshake_step(ssl);
        if (code != 0) return code;
        ctls_traffic_progress(session);
        if (look_at_message(session) != 0) return refuse_handshake(session);
        session->resumed |= is_resumed_by(before, ctls_state(ssl));
    }
    if (!is_sound(session)) return refuse_handshake(session);
    // In TLS 1.3 the tickets come later.
    return to_the_end && ctls_version_of(ssl) == TLS12 ? ctls_client_keep(session) : 0;
}

int ctls_client_keep(ctls_session *session) {
    mbedtls_ssl_session kept;
    mbedtls_ssl_session_init(&kept);
    if (mbedtls_ssl_get_session(&session->ssl, &kept) != 0) {
        mbedtls_ssl_session_free(&kept);
        return 0;       // what was kept before stays; at worst the next handshake is a full one
    }
    mbedtls_ssl_session_free(&session->resumption->session);
    session->resumption->session = kept;
    session->resumption->version = ctls_version_of(&session->ssl);
    session->resumption->count++;
    return 0;
}

void ctls_session_refuse(ctls_session *session, ctls_alert alert) {
    ctls_prepare_refusal(&session->ssl);
    ctls_alert_send(session, (unsigned char)alert);
}

uint8_t ctls_session_peer_alert(const ctls_session *session) { return ctls_message(&session->ssl)[1]; }

int ctls_session_was_asked_for_keys(const ctls_session *session) {
    enum { KEY_UPDATE = 24 };       // RFC 8446, section 4.6.3
    return ctls_content_type(&session->ssl) == MBEDTLS_SSL_MSG_HANDSHAKE
        && ctls_message(&session->ssl)[0] == KEY_UPDATE;
}

const uint8_t *ctls_session_peer_certificate(const ctls_session *session, size_t index, size_t *bytes) {
    const mbedtls_x509_crt *certificate = ctls_peer_certificate(ctls_current_session(&session->ssl));
    while (certificate != NULL && index-- > 0) certificate = certificate->next;
    if (certificate == NULL || certificate->raw.p == NULL) return NULL;
    *bytes = certificate->raw.len;
    return certificate->raw.p;
}

uint16_t ctls_session_group(const ctls_session *session) { return session->group; }

const char *ctls_session_alpn(const ctls_session *session) {
    return mbedtls_ssl_get_alpn_protocol(&session->ssl);
}

int ctls_session_certificate_wanted(const ctls_session *session) { return session->certificate_wanted; }
