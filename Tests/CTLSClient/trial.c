// A server that waits for a client's Certificate message, and takes one after the other: see ctls_trial.h.
#define MBEDTLS_ALLOW_PRIVATE_ACCESS    // of 3.6: it puts messages where the library would
#include "ctls_trial.h"

#include "client.h"
#include "session.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER_BYTES = 4, BODY_BYTES_MOST = 16000, WIRE_BYTES = 16384, TURNS_MOST = 50 };

typedef struct {
    unsigned char bytes[WIRE_BYTES];
    size_t count;
} wire;

struct ctls_trial {
    ctls_context *context;
    ctls_identity *identity;
    ctls_session *session;
    ctls_client *client;
    wire up, down;
};

static int put(wire *wire, const unsigned char *bytes, size_t count) {
    if (count > sizeof wire->bytes - wire->count) wire->count = 0;      // nobody reads alerts
    if (count > sizeof wire->bytes) return (int)count;
    memcpy(wire->bytes + wire->count, bytes, count);
    wire->count += count;
    return (int)count;
}

static int take(wire *wire, unsigned char *bytes, size_t count) {
    if (wire->count == 0) return CTLS_WANT_READ;
    if (count > wire->count) count = wire->count;
    memcpy(bytes, wire->bytes, count);
    wire->count -= count;
    memmove(wire->bytes, wire->bytes + count, wire->count);
    return (int)count;
}

static int send_up(void *trial, const unsigned char *bytes, size_t count) {
    return put(&((ctls_trial *)trial)->up, bytes, count);
}
static int send_down(void *trial, const unsigned char *bytes, size_t count) {
    return put(&((ctls_trial *)trial)->down, bytes, count);
}
static int receive_up(void *trial, unsigned char *bytes, size_t count) {
    return take(&((ctls_trial *)trial)->up, bytes, count);
}
static int receive_down(void *trial, unsigned char *bytes, size_t count) {
    return take(&((ctls_trial *)trial)->down, bytes, count);
}

static ctls_verdict let_everybody_in(
    void *unused, ctls_chain_state state, int is_tls13, const uint8_t *chain, size_t bytes
) {
    (void)unused, (void)is_tls13, (void)chain, (void)bytes;
    int is_good = state == CTLS_CHAIN_WHOLE || state == CTLS_CHAIN_MISSING;
    return is_good ? (ctls_verdict){0} : (ctls_verdict){.reason = 1, .alert = 42};
}

static int make_server(ctls_trial *trial) {
    ctls_failure failure;
    ctls_settings settings = {
        .asks_clients = 1, .tls13 = 1, .suites = {0x1301, 0xC02B}, .signatures = {0x0403},
        .groups = {CTLS_GROUP_SECP256R1},
    };
    trial->identity = ctls_client_new_identity();
    if (trial->identity == NULL) return CTLS_FAILED;
    int error = ctls_context_create(&trial->context, &settings, &failure);
    if (error != 0) return error;
    ctls_context_set_authorizer(trial->context, let_everybody_in, NULL);
    error = ctls_session_create(&trial->session, trial->context, &failure);
    return error != 0
        ? error : ctls_session_begin(trial->session, trial->identity, trial, send_down, receive_up);
}

// A handshake stops after each costly step and is called again at once.
static int go_on(ctls_session *session) {
    int status;
    do status = ctls_session_handshake(session);
    while (status == CTLS_AGAIN);
    return status;
}

ctls_trial *ctls_trial_create(int tls13) {
    ctls_trial *trial = calloc(1, sizeof *trial);
    if (make_server(trial) != 0) return NULL;
    trial->client = ctls_client_create(tls13, 0, NULL, trial, send_up, receive_down);
    for (int turn = 0; turn < TURNS_MOST; turn++) {
        mbedtls_ssl_context *client = &trial->client->ssl;
        while (client->state != MBEDTLS_SSL_CLIENT_CERTIFICATE && mbedtls_ssl_handshake_step(client) == 0) {}
        int status = go_on(trial->session);
        if (status != CTLS_WANT_READ) return NULL;
        if (trial->session->ssl.state == MBEDTLS_SSL_CLIENT_CERTIFICATE) return trial;
    }
    return NULL;
}

void ctls_trial_free(ctls_trial *trial) {
    ctls_client_free(trial->client);
    ctls_session_free(trial->session);
    ctls_context_free(trial->context);
    ctls_identity_release(trial->identity);
    free(trial);
}

// Puts the session back to where the message is awaited.
static void rewind_session(ctls_session *session) {
    mbedtls_ssl_session *negotiated = session->ssl.session_negotiate;
    if (negotiated->peer_cert != NULL) {
        mbedtls_x509_crt_free(negotiated->peer_cert);
        mbedtls_free(negotiated->peer_cert);
        negotiated->peer_cert = NULL;
    }
    ctls_client_chain_forget(session);
    session->client_chain_stage = CTLS_CLIENT_CHAIN_UNSEEN;
    session->ssl.state = MBEDTLS_SSL_CLIENT_CERTIFICATE;
}

// The bytes of the first element of DER, as our own rules take them for the client's certificate.
static size_t first_element(const unsigned char *der, size_t bytes) {
    if (bytes < 2) return 0;
    size_t length = der[1], at = 2;
    if (length >= 0x80) {
        size_t count = length & 0x7F;
        if (count > 3 || at + count > bytes) return 0;
        for (length = 0; count > 0; count--) length = length << 8 | der[at++];
    }
    return length <= bytes - at ? at + length : 0;
}

// What came of the message, as the library's own state says it.
static ctls_trial_end end_of(const ctls_session *session, int status) {
    if (status != CTLS_WANT_READ || session->ssl.state == MBEDTLS_SSL_CLIENT_CERTIFICATE)
        return CTLS_TRIAL_ENDED;
    const mbedtls_x509_crt *kept = session->ssl.session_negotiate->peer_cert;
    if (session->client_chain == NULL) return kept == NULL ? CTLS_TRIAL_NOBODY : CTLS_TRIAL_DISAGREES;
    size_t bytes = first_element(session->client_chain, session->client_chain_bytes);
    int is_same = kept != NULL && kept->raw.p != NULL && bytes > 0 && kept->raw.len == bytes
        && memcmp(kept->raw.p, session->client_chain, bytes) == 0;
    return is_same ? CTLS_TRIAL_AGREES : CTLS_TRIAL_DISAGREES;
}

ctls_trial_end ctls_trial_run(ctls_trial *trial, const uint8_t *body, size_t bytes) {
    ctls_session *session = trial->session;
    mbedtls_ssl_context *ssl = &session->ssl;
    if (bytes > BODY_BYTES_MOST) return CTLS_TRIAL_ENDED;
    rewind_session(session);
    unsigned char *usual_place = ssl->in_msg, *message = malloc(HEADER_BYTES + bytes);
    message[0] = MBEDTLS_SSL_HS_CERTIFICATE;
    message[1] = 0;
    message[2] = (unsigned char)(bytes >> 8);
    message[3] = (unsigned char)bytes;
    if (bytes > 0) memcpy(message + HEADER_BYTES, body, bytes);
    ssl->in_msg = message;
    ssl->in_msgtype = MBEDTLS_SSL_MSG_HANDSHAKE;
    ssl->in_hslen = ssl->in_msglen = HEADER_BYTES + bytes;
    ssl->keep_current_message = 1;
    ctls_trial_end end = end_of(session, go_on(session));
    ssl->keep_current_message = 0;
    ssl->in_hslen = ssl->in_msglen = 0;
    ssl->in_msg = usual_place;
    free(message);
    return end;
}
