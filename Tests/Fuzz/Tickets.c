// Tickets that a client presents: one of the server's own with a chain behind it, damaged or cut, and whatever else
// there is. Nothing is read behind it, and only the ticket itself is taken. The first byte chooses: edits of the own
// one, three bytes each, or a ticket with the name of the server's key.
// seed-hex: 00
// seed-hex: 00 10 01
// seed-hex: 01 00 10
#define MBEDTLS_ALLOW_PRIVATE_ACCESS    // of 3.6: it makes a session without a handshake
#include "client.h"
#include "session.h"

#include <stdlib.h>
#include <string.h>

enum { TICKET_BYTES_MOST = 4096, CHAIN_BYTES = 300 };

static ctls_verdict let_everybody_in(
    void *unused, ctls_chain_state state, int is_tls13, const uint8_t *chain, size_t bytes
) {
    (void)unused, (void)state, (void)is_tls13, (void)chain, (void)bytes;
    return (ctls_verdict){0};
}

static ctls_context *context;
static ctls_session *session;
static unsigned char own[TICKET_BYTES_MOST];
static size_t own_bytes;

static void present(const unsigned char *bytes, size_t count, int is_own) {
    unsigned char *ticket = malloc(count);
    if (count > 0) memcpy(ticket, bytes, count);
    mbedtls_ssl_session resumed;
    mbedtls_ssl_session_init(&resumed);
    int is_taken = ctls_ticket_accept(context, &resumed, ticket, count) == 0;
    if (is_taken != is_own || (session->client_chain != NULL) != is_own) abort();
    mbedtls_ssl_session_free(&resumed);
    free(ticket);
}

static void start(void) {
    ctls_failure failure;
    ctls_settings settings = {
        .asks_clients = 1, .suites = {0x1301, 0xC02B}, .signatures = {0x0403},
        .groups = {CTLS_GROUP_SECP256R1}, .ticket_seconds = 3600,
    };
    uint8_t chain[CHAIN_BYTES] = {0x30, 0x82, 1, CHAIN_BYTES - 0x100 - 4};
    uint32_t lifetime;
    if (ctls_context_create(&context, &settings, &failure) != 0) abort();
    ctls_context_set_authorizer(context, let_everybody_in, NULL);
    if (ctls_session_create(&session, context, &failure) != 0) abort();
    context->active = session;
    session->ssl.session_negotiate->ciphersuite = 0xC02B;
#if CTLS_HAS_TLS13
    session->ssl.tls_version = session->ssl.session_negotiate->tls_version = MBEDTLS_SSL_VERSION_TLS1_2;
    session->ssl.session_negotiate->endpoint = MBEDTLS_SSL_IS_SERVER;
    session->ssl.session_negotiate->ticket_creation_time = mbedtls_ms_time();
#endif
    session->client_chain_stage = CTLS_CLIENT_CHAIN_CONFIRMED;
    if (ctls_client_chain_keep(session, chain, sizeof chain) != 0) abort();
    if (ctls_ticket_write(
            context, session->ssl.session_negotiate, own, own + sizeof own, &own_bytes, &lifetime) != 0)
        abort();
    present(own, own_bytes, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    if (context == NULL) start();
    unsigned char ticket[TICKET_BYTES_MOST];
    if (count == 0 || count > sizeof ticket) return 0;
    if (bytes[0] & 1) {
        memcpy(ticket, bytes + 1, count - 1);
        memcpy(ticket, own, count - 1 < CTLS_KEY_NAME_BYTES ? count - 1 : CTLS_KEY_NAME_BYTES);
        present(ticket, count - 1, 0);
        return 0;
    }
    memcpy(ticket, own, own_bytes);
    for (size_t at = 1; at + 3 <= count; at += 3)
        ticket[(bytes[at] << 8 | bytes[at + 1]) % own_bytes] ^= bytes[at + 2];
    size_t present_bytes = count % 3 == 0 ? (size_t)(bytes[count - 1] * own_bytes / 256) : own_bytes;
    present(ticket, present_bytes, present_bytes == own_bytes && memcmp(ticket, own, own_bytes) == 0);
    return 0;
}
