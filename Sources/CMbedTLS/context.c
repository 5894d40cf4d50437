// The configuration that all sessions share. See ctls_context.h.
#include "context.h"

#include "ctls_arena.h"
#include "status.h"

#include <mbedtls/platform.h>

#include <string.h>

// AEAD suites with forward secrecy, numbers from the IANA registry "TLS Cipher Suites". The ones of TLS 1.3
// come first; a library without TLS 1.3 must not see them, 2.28 fails when a client offers one of them too.
enum { FIRST_SUITE = CTLS_HAS_TLS13 ? 0 : 3 };
static const int aes_first[] = {
    0x1301, 0x1302, 0x1303,                 // TLS_AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305
    0xC02B, 0xC02F, 0xC02C, 0xC030,         // ECDHE ECDSA / RSA with AES_128_GCM, with AES_256_GCM
    0xCCA9, 0xCCA8, 0,                      // ECDHE ECDSA / RSA with CHACHA20_POLY1305
};
static const int chacha_first[] = {
    0x1303, 0x1301, 0x1302,
    0xCCA9, 0xCCA8,
    0xC02B, 0xC02F, 0xC02C, 0xC030, 0,
};

#if CTLS_HAS_TLS13
static void set_groups(ctls_context *context) {
    mbedtls_ssl_conf_groups(&context->config, context->groups);
}
// Its defaults are SHA-256 and better. A client offers one list for both versions, and in TLS 1.2 the
// library cannot do the RSA-PSS of TLS 1.3: so that comes last, which servers of TLS 1.2 mostly respect.
// Numbers from the IANA registry "TLS SignatureScheme".
static void set_signatures(ctls_context *context) {
    static const uint16_t of_client[] = {
        0x0403, 0x0503, 0x0603,     // ECDSA with P-256 and SHA-256, P-384 and SHA-384, P-521 and SHA-512
        0x0401, 0x0501, 0x0601,     // RSA PKCS#1 with SHA-256, SHA-384, SHA-512
        0x0804, 0x0805, 0x0806, MBEDTLS_TLS1_3_SIG_NONE,    // RSA-PSS with the same
    };
    if (mbedtls_ssl_conf_get_endpoint(&context->config) == MBEDTLS_SSL_IS_CLIENT)
        mbedtls_ssl_conf_sig_algs(&context->config, of_client);
}
#else
static mbedtls_ecp_group_id curve_of(uint16_t group) {
    switch ((ctls_group)group) {
    case CTLS_GROUP_SECP256R1: return MBEDTLS_ECP_DP_SECP256R1;
    case CTLS_GROUP_SECP384R1: return MBEDTLS_ECP_DP_SECP384R1;
    case CTLS_GROUP_X25519: return MBEDTLS_ECP_DP_CURVE25519;
    }
    return MBEDTLS_ECP_DP_NONE;
}

static void set_groups(ctls_context *context) {
    static mbedtls_ecp_group_id curves[CTLS_GROUP_LIMIT + 1];
    for (size_t i = 0; i < CTLS_GROUP_LIMIT; i++) curves[i] = curve_of(context->groups[i]);
    mbedtls_ssl_conf_curves(&context->config, curves);
}

static void set_signatures(ctls_context *context) {
    static const int hashes[] = {MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512, MBEDTLS_MD_NONE};
    mbedtls_ssl_conf_sig_hashes(&context->config, hashes);
}
#endif

static int set_tickets(ctls_context *context, const ctls_settings *settings) {
    if (settings->ticket_seconds == 0) {
        mbedtls_ssl_conf_session_tickets(&context->config, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
        return 0;
    }
    // The library makes a new key when one is `ticket_seconds` old and accepts the one before for as long
    // again.
    int error = ctls_tickets_start(&context->tickets, settings->ticket_seconds);
    if (error != 0) return error;
    mbedtls_ssl_conf_session_tickets_cb(
        &context->config, ctls_ticket_write, ctls_ticket_accept, context);
    return 0;
}

static int set_alpn(ctls_context *context, const ctls_settings *settings) {
    if (settings->alpn[0] == NULL) return 0;
    memcpy(context->alpn, settings->alpn, sizeof settings->alpn);
    return mbedtls_ssl_conf_alpn_protocols(&context->config, context->alpn);
}

static int set_up(ctls_context *context, const ctls_settings *settings) {
    int error = ctls_random_start();
    if (error != 0) return error;
    error = mbedtls_ssl_config_defaults(
        &context->config, settings->is_client ? MBEDTLS_SSL_IS_CLIENT : MBEDTLS_SSL_IS_SERVER,
        MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    if (error != 0) return error;
    memcpy(context->groups, settings->groups, sizeof settings->groups);
    mbedtls_ssl_conf_rng(&context->config, ctls_random_bytes, NULL);
    // Optional for required too: the library goes on, and ctls_client_chain_look refuses with the right
    // alert.
    context->clients = settings->clients;
    mbedtls_ssl_conf_authmode(
        &context->config,
        settings->clients == CTLS_CLIENTS_NONE ? MBEDTLS_SSL_VERIFY_NONE : MBEDTLS_SSL_VERIFY_OPTIONAL);
    mbedtls_ssl_conf_renegotiation(&context->config, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
    const int *suites = settings->chacha_first ? chacha_first : aes_first;
    mbedtls_ssl_conf_ciphersuites(&context->config, suites + FIRST_SUITE);
    mbedtls_ssl_conf_sni(&context->config, ctls_session_choose_name, NULL);
    ctls_conf_versions(&context->config, settings->tls13);
    set_groups(context);
    set_signatures(context);
    if (settings->is_client) ctls_conf_client(&context->config, settings->tls12);
    else error = set_tickets(context, settings);
    return error != 0 ? error : set_alpn(context, settings);
}

int ctls_context_create(ctls_context **result, const ctls_settings *settings, ctls_failure *failure) {
    *result = NULL;
    uint32_t failures = ctls_arena_failures();
    ctls_context *context = mbedtls_calloc(1, sizeof *context);
    if (context == NULL) {
        *failure = (ctls_failure){CTLS_FAILURE_OUT_OF_MEMORY, 0};
        return CTLS_FAILED;
    }
    mbedtls_ssl_config_init(&context->config);
    mbedtls_ssl_ticket_init(&context->tickets.library);
    int error = set_up(context, settings);
    if (error != 0) {
        *failure = ctls_failure_of(error, failures);
        ctls_context_free(context);
        return CTLS_FAILED;
    }
    *result = context;
    return 0;
}

void ctls_context_set_authorizer(ctls_context *context, ctls_authorize authorize, void *parameter) {
    context->authorize = authorize;
    context->authorize_parameter = parameter;
}

void ctls_context_free(ctls_context *context) {
    if (context == NULL) return;
    mbedtls_ssl_ticket_free(&context->tickets.library);
    mbedtls_ssl_config_free(&context->config);
    mbedtls_free(context);
}
