// One connection. See ctls_session.h.
#include "ctls_arena.h"
#include "identity.h"
#include "session.h"
#include "status.h"

#include <mbedtls/platform.h>

#include <string.h>

// In TLS 1.3 a client that refuses our certificate may say so before it encrypts; the library then reports a
// record that does not decrypt.
static int is_plain_alert(const ctls_session *session, int code) {
    enum { LENGTH_OFFSET = 3, ALERT_BYTES = 2 };
    const unsigned char *header = ctls_record_header(&session->ssl);
    return code == MBEDTLS_ERR_SSL_INVALID_MAC && !ctls_is_handshake_over(&session->ssl)
        && header[0] == MBEDTLS_SSL_MSG_ALERT
        && header[LENGTH_OFFSET] == 0 && header[LENGTH_OFFSET + 1] == ALERT_BYTES;
}

// The certificate that the client showed, or its proof that the key is its own, is broken.
static int is_about_client_chain(const ctls_session *session) {
    const mbedtls_ssl_context *ssl = &session->ssl;
    ctls_failure_kind kind = session->failure.kind;
    if (session->client_chain == NULL || ctls_is_handshake_over(ssl)) return 0;
    int message = ctls_content_type(ssl) == MBEDTLS_SSL_MSG_HANDSHAKE ? ctls_message(ssl)[0] : 0;
    return (message == MBEDTLS_SSL_HS_CERTIFICATE || message == MBEDTLS_SSL_HS_CERTIFICATE_VERIFY)
        && (kind == CTLS_FAILURE_MALFORMED || kind == CTLS_FAILURE_NO_SHARED_PARAMETERS);
}

// What the library returned below zero, in our words.
static int status_of(ctls_session *session, int code, uint32_t arena_failures_before) {
    switch (code) {
    case MBEDTLS_ERR_SSL_WANT_READ:
    case MBEDTLS_ERR_SSL_WANT_WRITE:
        // Where the stream has not said so, there may be more that no readiness will announce.
        return session->must_wait ? code : CTLS_AGAIN;
    case CTLS_RESET:
        return code;
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
        return CTLS_CLOSE_NOTIFY;
    case MBEDTLS_ERR_SSL_CONN_EOF:
        return CTLS_END_OF_STREAM;
    default:
        session->failure = ctls_failure_of(code, arena_failures_before);
        if (is_plain_alert(session, code)) session->failure.kind = CTLS_FAILURE_PEER_ALERT;
        if (is_about_client_chain(session)) session->failure.kind = CTLS_FAILURE_CLIENT_INVALID;
        if (session->name_unknown) session->failure.kind = CTLS_FAILURE_UNKNOWN_NAME;
        if (session->is_flooded) session->failure.kind = CTLS_FAILURE_RECORD_FLOOD;
        return CTLS_FAILED;
    }
}

// The same where there is a peer to be told.
static int outcome_of(ctls_session *session, int code, uint32_t arena_failures_before) {
    int status = status_of(session, code, arena_failures_before);
    if (status == CTLS_FAILED) ctls_alert_say_why(session);
    return status;
}

int ctls_session_choose_name(
    void *unused, mbedtls_ssl_context *ssl, const unsigned char *name, size_t bytes
) {
    (void)unused;
    ctls_session *session = (ctls_session *)ssl;
    session->server_name_bytes = (uint8_t)(bytes < sizeof session->server_name ? bytes : 0);
    memcpy(session->server_name, name, session->server_name_bytes);
    session->server_name[session->server_name_bytes] = 0;
    int error = ctls_name_digest(name, bytes, session->name);
    if (error != 0) return error;
    error = ctls_identity_offer(session->identity, ssl, name, bytes);
    session->name_unknown = error == CTLS_NAME_UNKNOWN;
    return error;
}

int ctls_session_create(ctls_session **result, ctls_context *context, ctls_failure *failure) {
    *result = NULL;
    uint32_t failures = ctls_arena_failures();
    ctls_session *session = mbedtls_calloc(1, sizeof *session);
    if (session == NULL) {
        *failure = (ctls_failure){.kind = CTLS_FAILURE_OUT_OF_MEMORY};
        return CTLS_FAILED;
    }
    mbedtls_ssl_init(&session->ssl);
    session->context = context;
    int error = mbedtls_ssl_setup(&session->ssl, &context->config);
    if (error != 0) {
        *failure = ctls_failure_of(error, failures);
        ctls_session_free(session);
        return CTLS_FAILED;
    }
    *result = session;
    return 0;
}

static void drop_identity(ctls_session *session) {
    ctls_identity_release(session->identity);
    session->identity = NULL;
}

void ctls_session_free(ctls_session *session) {
    if (session == NULL) return;
    mbedtls_ssl_free(&session->ssl);
    drop_identity(session);
    ctls_client_chain_forget(session);
    mbedtls_free(session);
}

void ctls_session_attach(
    ctls_session *session, void *stream, ctls_send send_bytes, ctls_receive receive_bytes
) {
    session->stream = stream;
    session->send = send_bytes;
    session->receive = receive_bytes;
    session->ended = session->sealed = session->resumed = session->name_unknown = 0;
    session->idle_records = session->is_flooded = session->said_close_notify = session->said_alert = 0;
    memset(session->name, 0, sizeof session->name);
    session->server_name_bytes = 0;
    session->client_chain_stage = CTLS_CLIENT_CHAIN_UNSEEN;
    session->unchecked = 0;
    session->group = session->hello_version = session->certificate_wanted = 0;
    mbedtls_ssl_set_bio(&session->ssl, session, ctls_traffic_send, ctls_traffic_receive, NULL);
}

int ctls_session_begin(
    ctls_session *session, ctls_identity *identity,
    void *stream, ctls_send send_bytes, ctls_receive receive_bytes
) {
    uint32_t failures = ctls_arena_failures();
    ctls_session_attach(session, stream, send_bytes, receive_bytes);
    session->identity = ctls_identity_retain(identity);
    // The identity belongs to the handshake, not to the shared configuration: so a reload swaps it for the
    // next connections, and nobody holds the old one for longer than a handshake may last.
    int error = ctls_identity_offer(identity, &session->ssl, NULL, 0);
    return error == 0 ? 0 : status_of(session, error, failures);
}

#define STEP_MADE 2     // no error of the library; neither is CTLS_CLIENT_CHAIN_REFUSED

// mbedtls_ssl_handshake, with a look at the client's certificates on the way, and up to the next step that
// costs time: signatures, checks of them, key exchanges.
static int server_handshake_steps(ctls_session *session) {
    mbedtls_ssl_context *ssl = &session->ssl;
    session->context->active = session;
    while (!ctls_is_handshake_over(ssl)) {
        int stage = session->client_chain_stage;
        int code = ctls_client_chain_look(session);
        if (code != 0) return code;
        if (session->client_chain_stage != stage) return STEP_MADE;
        ctls_use_application_keys(ssl);
        int is_costly = ctls_is_costly(ssl);
        int is_client_chain = ctls_state(ssl) == MBEDTLS_SSL_CLIENT_CERTIFICATE;
        if (is_client_chain) ctls_arena_limit(CTLS_CLIENT_CHAIN_ARENA_BYTES);
        code = mbedtls_ssl_handshake_step(ssl);
        if (is_client_chain) {
            ctls_arena_limit(0);
            ctls_client_chain_trim(ctls_session_negotiated(ssl), 0);
            if (code == 0) code = ctls_client_chain_confirm(session);
        }
        if (code != 0) return code;
        ctls_traffic_progress(session);
        if (is_costly) return STEP_MADE;
    }
    // No way through the library leads here without a look; one that did would end here.
    return ctls_client_chain_is_settled(session) ? 0 : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

// Some allocations that fail inside a handshake leave a secret or a Finished that was not computed, and the
// library goes on (CVE-2025-27810, CVE-2026-50581, CVE-2026-50640): here it does not.
static int after_allocations(int code, uint32_t arena_failures_before) {
    int goes_on = code == 0 || code == STEP_MADE || code == MBEDTLS_ERR_SSL_WANT_READ
        || code == MBEDTLS_ERR_SSL_WANT_WRITE;
    return goes_on && ctls_arena_failures() != arena_failures_before ? MBEDTLS_ERR_SSL_ALLOC_FAILED : code;
}

int ctls_session_meet_server(ctls_session *session) {
    uint32_t failures = ctls_arena_failures();
    ctls_traffic_begin(session);
    int code = after_allocations(ctls_client_handshake_steps(session, 0), failures);
    return code == 0 ? 0 : outcome_of(session, code, failures);
}

int ctls_session_handshake(ctls_session *session) {
    uint32_t failures = ctls_arena_failures();
    int is_client = session->resumption != NULL;
    ctls_traffic_begin(session);
    int code = is_client ? ctls_client_handshake_steps(session, 1) : server_handshake_steps(session);
    if (code == CTLS_CLIENT_CHAIN_REFUSED) return CTLS_FAILED;
    code = after_allocations(code, failures);
    if (code == STEP_MADE) return CTLS_AGAIN;
    if (code != 0) return outcome_of(session, code, failures);
    if (is_client) return 0;    // tickets of TLS 1.3 are read with the handshake's state
    drop_identity(session);
    ctls_client_chain_trim(ctls_session_established(&session->ssl), 1);
    ctls_end_handshake(&session->ssl);
    // 3.6 touches the output buffer to its end in TLS 1.3. Its pages can go: every record is written whole.
    if (ctls_version_of(&session->ssl) == 0x0304 && !ctls_has_output(&session->ssl))
        ctls_arena_discard(ctls_output_buffer(&session->ssl));
    return 0;
}

// Reads plain text; with no room it only makes a record available.
static int read_record(ctls_session *session, uint8_t *bytes, size_t count) {
    uint32_t failures = ctls_arena_failures();
    ctls_traffic_begin(session);
    if (!session->sealed && ctls_has_output(&session->ssl)) {
        // An alert of an earlier read may be half sent. An answer to what is read now could not be sealed
        // behind it, and its plain text is not there the next time.
        int code = ctls_flush(&session->ssl);
        if (code != 0) return outcome_of(session, code, failures);
    }
    session->is_reading = 1;
    int code = mbedtls_ssl_read(&session->ssl, bytes, count);
    session->is_reading = 0;
    if (code < 0 && ctls_is_new_ticket(code)) return ctls_client_keep(session);
    return code < 0 ? outcome_of(session, code, failures) : code;
}

int ctls_session_read(ctls_session *session, uint8_t *bytes, size_t count) {
    int code = read_record(session, bytes, count);
    if (code > 0) ctls_traffic_progress(session);
    return code == 0 && session->ended ? CTLS_END_OF_STREAM : code;
}

int ctls_session_look(ctls_session *session) {
    size_t count;
    uint8_t nothing;
    ctls_plain_text(&session->ssl, &count);
    if (count > 0) return (int)count;
    int code = read_record(session, &nothing, 0);
    if (code < 0) return code;
    ctls_plain_text(&session->ssl, &count);
    if (count > 0) ctls_traffic_progress(session);
    return count == 0 && session->ended ? CTLS_END_OF_STREAM : (int)count;
}

uint8_t *ctls_session_plain_text(const ctls_session *session, size_t *count) {
    return ctls_plain_text(&session->ssl, count);
}

void ctls_session_take(ctls_session *session, size_t count) { ctls_take_plain_text(&session->ssl, count); }

// A client's read may have begun with a ticket that this ends: it is kept, and the record goes out.
static int write_record(ctls_session *session, const uint8_t *bytes, size_t count) {
    int code;
    do code = mbedtls_ssl_write(&session->ssl, bytes, count);
    while (ctls_is_new_ticket(code) && ctls_client_keep(session) == 0);
    return code;
}

int ctls_session_write(ctls_session *session, const uint8_t *bytes, size_t count) {
    uint32_t failures = ctls_arena_failures();
    ctls_traffic_begin(session);
    // An alert of a read in between may have sent the rest of the record before itself; the library would
    // seal another one.
    if (session->sealed && !ctls_has_output(&session->ssl)) {
        session->sealed = 0;
        return (int)count;
    }
    if (!session->sealed && ctls_has_output(&session->ssl)) {
        // An alert may have been left half sent by a read; mbedtls_ssl_write would take its rest for ours.
        int code = ctls_flush(&session->ssl);
        if (code < 0) return outcome_of(session, code, failures);
    }
    int code = write_record(session, bytes, count);
    session->sealed = code == MBEDTLS_ERR_SSL_WANT_WRITE;
    return code >= 0 ? code : outcome_of(session, code, failures);
}

int ctls_session_flush(ctls_session *session) {
    uint32_t failures = ctls_arena_failures();
    ctls_traffic_begin(session);
    int code = ctls_flush(&session->ssl);
    return code == 0 ? 0 : status_of(session, code, failures);
}

int ctls_session_alert(ctls_session *session, uint8_t description) {
    uint32_t failures = ctls_arena_failures();
    ctls_traffic_begin(session);
    int code = ctls_flush(&session->ssl);
    if (code == 0 && !session->said_alert) {
        session->said_alert = 1;
        code = mbedtls_ssl_send_alert_message(&session->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, description);
    }
    return code == 0 ? 0 : status_of(session, code, failures);
}

int ctls_session_close_notify(ctls_session *session) {
    uint32_t failures = ctls_arena_failures();
    ctls_traffic_begin(session);
    // With a record pending the library's call would send that and nothing else.
    int code = ctls_flush(&session->ssl);
    if (code == 0 && !session->said_close_notify) {
        session->said_close_notify = 1;
        code = mbedtls_ssl_close_notify(&session->ssl);
    }
    return code == 0 ? 0 : status_of(session, code, failures);
}

int ctls_session_recycle(ctls_session *session) {
    uint32_t failures = ctls_arena_failures();
    drop_identity(session);
    ctls_client_chain_forget(session);
    int error = mbedtls_ssl_session_reset(&session->ssl);
    if (error != 0) return status_of(session, error, failures);
    // The reset has cleared both buffers whole and so made all their pages resident.
    ctls_arena_discard(ctls_input_buffer(&session->ssl));
    ctls_arena_discard(ctls_output_buffer(&session->ssl));
    return 0;
}

ctls_failure ctls_session_failure(const ctls_session *session) { return session->failure; }

int ctls_session_has_input(const ctls_session *session) { return mbedtls_ssl_check_pending(&session->ssl); }

size_t ctls_session_payload_limit(ctls_session *session) {
    int limit = mbedtls_ssl_get_max_out_record_payload(&session->ssl);
    return limit > 0 ? (size_t)limit : 0;
}

uint16_t ctls_session_version(const ctls_session *session) { return ctls_version_of(&session->ssl); }

int ctls_session_resumed(const ctls_session *session) { return session->resumed; }

const uint8_t *ctls_session_client_chain(const ctls_session *session, size_t *bytes) {
    *bytes = session->client_chain_bytes;
    return session->client_chain;
}

int ctls_session_unchecked(const ctls_session *session) { return session->unchecked; }

int32_t ctls_session_authorize(ctls_session *session) {
    return ctls_client_chain_authorize(session).reason;
}

const uint8_t *ctls_session_server_name(const ctls_session *session, size_t *bytes) {
    *bytes = session->server_name_bytes;
    return session->server_name;
}

const char *ctls_session_protocol(const ctls_session *session) {
    return mbedtls_ssl_get_alpn_protocol(&session->ssl);
}

const char *ctls_session_suite(const ctls_session *session) {
    const char *name = mbedtls_ssl_get_ciphersuite_name(ctls_suite_of(ctls_current_session(&session->ssl)));
    return name != NULL ? name : "-";
}
