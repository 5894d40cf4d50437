// The client's side of a session. See ctls_client_session.h.
#include "ctls_arena.h"
#include "identity.h"
#include "session.h"
#include "status.h"

#include <mbedtls/platform.h>

struct ctls_resumption {
    mbedtls_ssl_session session;
    uint32_t count;     // how many times a server has given something
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

enum { MESSAGE_HEADER_BYTES = 4, RANDOM_BYTES = 32, EXTENSION_KEY_SHARE = 51, NAMED_CURVE = 3 };

static uint16_t number_at(const unsigned char *bytes) { return (uint16_t)(bytes[0] << 8 | bytes[1]); }

// The group in a ServerHello's key_share extension (RFC 8446, sections 4.1.3 and 4.2.8), or 0.
static uint16_t group_of_hello(const unsigned char *body, size_t count) {
    size_t at = 2 + RANDOM_BYTES;
    if (count <= at) return 0;
    at += 1 + body[at] + 2 + 1 + 2;     // session id, suite, compression, length of the extensions
    while (at + 4 <= count) {
        size_t length = number_at(body + at + 2);
        if (length > count - at - 4) return 0;
        if (number_at(body + at) == EXTENSION_KEY_SHARE) return length >= 2 ? number_at(body + at + 4) : 0;
        at += 4 + length;
    }
    return 0;
}

static void look_at_message(ctls_session *session) {
    const mbedtls_ssl_context *ssl = &session->ssl;
    if (ssl->in_msgtype != MBEDTLS_SSL_MSG_HANDSHAKE || ssl->in_hslen < MESSAGE_HEADER_BYTES) return;
    if (ssl->in_hslen > ssl->in_msglen) return;
    const unsigned char *body = ssl->in_msg + MESSAGE_HEADER_BYTES;
    size_t count = ssl->in_hslen - MESSAGE_HEADER_BYTES;
    switch (ssl->in_msg[0]) {
    case MBEDTLS_SSL_HS_SERVER_HELLO: {
        uint16_t group = group_of_hello(body, count);
        if (group != 0) session->group = group;
        break;
    }
    case MBEDTLS_SSL_HS_SERVER_KEY_EXCHANGE:    // RFC 8422, section 5.4
        if (count >= 3 && body[0] == NAMED_CURVE) session->group = number_at(body + 1);
        break;
    case MBEDTLS_SSL_HS_CERTIFICATE:
        session->certificate_seen = 1;
        break;
    case MBEDTLS_SSL_HS_CERTIFICATE_REQUEST:
        session->certificate_wanted = 1;
        break;
    }
}

int ctls_client_handshake_steps(ctls_session *session) {
    while (session->ssl.state != MBEDTLS_SSL_HANDSHAKE_OVER) {
        int code = mbedtls_ssl_handshake_step(&session->ssl);
        if (code != 0) return code;
        ctls_traffic_progress(session);
        look_at_message(session);
    }
    session->resumed = !session->certificate_seen;
    // In TLS 1.3 the tickets come later.
    return ctls_version_of(&session->ssl) == 0x0304 ? 0 : ctls_client_keep(session);
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
    session->resumption->count++;
    return 0;
}

void ctls_session_refuse(ctls_session *session, ctls_alert alert) {
    ctls_alert_send(session, (unsigned char)alert);
}

uint8_t ctls_session_peer_alert(const ctls_session *session) { return session->ssl.in_msg[1]; }

int ctls_session_was_asked_for_keys(const ctls_session *session) {
    enum { KEY_UPDATE = 24 };       // RFC 8446, section 4.6.3
    return session->ssl.in_msgtype == MBEDTLS_SSL_MSG_HANDSHAKE && session->ssl.in_msg[0] == KEY_UPDATE;
}

const uint8_t *ctls_session_peer_certificate(const ctls_session *session, size_t index, size_t *bytes) {
    const mbedtls_x509_crt *certificate = mbedtls_ssl_get_peer_cert(&session->ssl);
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
