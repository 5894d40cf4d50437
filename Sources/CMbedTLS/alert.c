// The fatal alert with which a connection ends for the peer's fault: one, never two and never none. Mbed TLS
// says it in most cases. What it has said, or not, is seen in the output buffer.
#include "session.h"

enum {
    SEQUENCE_BYTES = 8,         // before a record in the output buffer
    LENGTH_OFFSET = 3,          // in a record's header
    SEALED_ALERT_BYTES_MAX = 16 + 16,   // of TLS 1.3: with its type, which the library pads to 16, and a tag
    PLAIN_BYTES_MAX = 16384,            // in a record (RFC 8446, section 5.1)
};

// Alerts, RFC 8446 section 6 and RFC 5246 section 7.2.
enum {
    UNEXPECTED_MESSAGE = 10,
    BAD_RECORD_MAC = 20,
    RECORD_OVERFLOW = 22,
    HANDSHAKE_FAILURE = 40,
    BAD_CERTIFICATE = 42,
    ILLEGAL_PARAMETER = 47,
    DECODE_ERROR = 50,
    DECRYPT_ERROR = 51,
    PROTOCOL_VERSION = 70,
    INTERNAL_ERROR = 80,
    UNSUPPORTED_EXTENSION = 110,
    UNRECOGNIZED_NAME = 112,
};

static unsigned length_of(const unsigned char *header) {
    return (unsigned)header[LENGTH_OFFSET] << 8 | header[LENGTH_OFFSET + 1];
}

int ctls_alert_send(ctls_session *session, unsigned char alert) {
    mbedtls_ssl_context *ssl = &session->ssl;
    // With output pending the library would send that, and not the alert.
    int code = ctls_flush(ssl);
    return code != 0 ? code : mbedtls_ssl_send_alert_message(ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, alert);
}

// Whether the call that has just failed has sent an alert. One always starts the output buffer, because the
// library sends what is pending before; and nothing else as short is the last that a failing call sends.
static int is_said(const ctls_session *session) {
    const unsigned char *header = ctls_output_buffer(&session->ssl) + SEQUENCE_BYTES;
    if (!session->has_sent) return 0;
    return header[0] == MBEDTLS_SSL_MSG_ALERT
        || (header[0] == MBEDTLS_SSL_MSG_APPLICATION_DATA && length_of(header) <= SEALED_ALERT_BYTES_MAX);
}

// For a record that the library does not take, without a word.
static unsigned char alert_of_record(const mbedtls_ssl_context *ssl) {
    const unsigned char *header = ctls_record_header(ssl);
    if (header[0] == MBEDTLS_SSL_MSG_ALERT) return DECODE_ERROR;
    if (header[0] < MBEDTLS_SSL_MSG_CHANGE_CIPHER_SPEC || header[0] > MBEDTLS_SSL_MSG_APPLICATION_DATA)
        return UNEXPECTED_MESSAGE;
    if (length_of(header) > PLAIN_BYTES_MAX) return RECORD_OVERFLOW;
    int is_sealed = header[0] == MBEDTLS_SSL_MSG_APPLICATION_DATA;
    return is_sealed && ctls_content_type(ssl) == MBEDTLS_SSL_MSG_ALERT ? DECODE_ERROR : UNEXPECTED_MESSAGE;
}

#if !CTLS_HAS_TLS13
// 2.28 has one number for a message that is malformed and for another one in its place.
static unsigned char alert_of_message(const mbedtls_ssl_context *ssl, unsigned char expected) {
    const unsigned char *header = ctls_record_header(ssl);
    if (ctls_state(ssl) == MBEDTLS_SSL_CLIENT_HELLO && header[0] != MBEDTLS_SSL_MSG_HANDSHAKE)
        return UNEXPECTED_MESSAGE;
    if (length_of(header) > PLAIN_BYTES_MAX) return RECORD_OVERFLOW;
    return ctls_message(ssl)[0] == expected ? DECODE_ERROR : UNEXPECTED_MESSAGE;
}
#endif

static unsigned char alert_of(const ctls_session *session) {
    switch (session->failure.kind) {
    case CTLS_FAILURE_RECORD_FLOOD: return UNEXPECTED_MESSAGE;
    case CTLS_FAILURE_BAD_RECORD: return BAD_RECORD_MAC;
    case CTLS_FAILURE_NO_SHARED_PARAMETERS: return HANDSHAKE_FAILURE;
    case CTLS_FAILURE_PROTOCOL_VERSION: return PROTOCOL_VERSION;
    case CTLS_FAILURE_UNKNOWN_NAME: return UNRECOGNIZED_NAME;
    case CTLS_FAILURE_CLIENT_INVALID:
        return ctls_message(&session->ssl)[0] == MBEDTLS_SSL_HS_CERTIFICATE_VERIFY
            ? DECRYPT_ERROR : BAD_CERTIFICATE;
    case CTLS_FAILURE_MALFORMED: break;
    default: return INTERNAL_ERROR;
    }
    switch (session->failure.code) {
    case MBEDTLS_ERR_SSL_INVALID_RECORD: return alert_of_record(&session->ssl);
    case MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE: return UNEXPECTED_MESSAGE;
#if CTLS_HAS_TLS13
    case MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER: return ILLEGAL_PARAMETER;
    case MBEDTLS_ERR_SSL_UNSUPPORTED_EXTENSION: return UNSUPPORTED_EXTENSION;
    case MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE: return HANDSHAKE_FAILURE;
#else
    case MBEDTLS_ERR_SSL_BAD_HS_CLIENT_HELLO:
        return alert_of_message(&session->ssl, MBEDTLS_SSL_HS_CLIENT_HELLO);
    case MBEDTLS_ERR_SSL_BAD_HS_CLIENT_KEY_EXCHANGE:
        return alert_of_message(&session->ssl, MBEDTLS_SSL_HS_CLIENT_KEY_EXCHANGE);
#endif
    // A record that does not fit into the buffer fails with this.
    case MBEDTLS_ERR_SSL_BAD_INPUT_DATA:
        return length_of(ctls_record_header(&session->ssl)) > PLAIN_BYTES_MAX
            ? RECORD_OVERFLOW : DECODE_ERROR;
    default: return DECODE_ERROR;
    }
}

void ctls_alert_say_why(ctls_session *session) {
    if (session->failure.kind == CTLS_FAILURE_PEER_ALERT || is_said(session)) return;
    ctls_alert_send(session, alert_of(session));
}
