// The configuration that all sessions share. See ctls_context.h.
#include "context.h"

#include "ctls_arena.h"
#include "status.h"

#include <mbedtls/platform.h>

#include <string.h>

_Static_assert(sizeof(int) == sizeof(int32_t), "the library reads suites as int");

#if CTLS_HAS_TLS13
static void set_groups(ctls_context *context) {
    mbedtls_ssl_conf_groups(&context->config, context->groups);
}

static void set_signatures(ctls_context *context) {
    mbedtls_ssl_conf_sig_algs(&context->config, context->signatures);
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

// It has one list of hashes for all kinds of keys: those that stand with ECDSA. In a scheme the hash comes
// first, by its number in RFC 5246, section 7.4.1.4.1.
static void set_signatures(ctls_context *context) {
    static int hashes[CTLS_SCHEME_LIMIT + 1];
    size_t count = 0;
    for (const uint16_t *scheme = context->signatures; *scheme != 0; scheme++) {
        if ((*scheme & 0xFF) != MBEDTLS_SSL_SIG_ECDSA) continue;
        switch (*scheme >> 8) {
        case MBEDTLS_SSL_HASH_SHA256: hashes[count++] = MBEDTLS_MD_SHA256; break;
        case MBEDTLS_SSL_HASH_SHA384: hashes[count++] = MBEDTLS_MD_SHA384; break;
        case MBEDTLS_SSL_HASH_SHA512: hashes[count++] = MBEDTLS_MD_SHA512; break;
        }
    }
    hashes[count] = MBEDTLS_MD_NONE;
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
    memcpy(context->signatures, settings->signatures, sizeof settings->signatures);
    memcpy(context->suites, settings->suites, sizeof settings->suites);
    mbedtls_ssl_conf_rng(&context->config, ctls_random_bytes, NULL);
    // Optional where one is required too: the library goes on, and ctls_client_chain_look refuses with the
    // right alert.
    context->asks_clients = settings->asks_clients;
    mbedtls_ssl_conf_authmode(
        &context->config, settings->asks_clients ? MBEDTLS_SSL_VERIFY_OPTIONAL : MBEDTLS_SSL_VERIFY_NONE);
    mbedtls_ssl_conf_renegotiation(&context->config, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
    mbedtls_ssl_conf_ciphersuites(&context->config, context->suites);
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
        *failure = (ctls_failure){.kind = CTLS_FAILURE_OUT_OF_MEMORY};
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
