// Which of our words an error of Mbed TLS gets.
#include "status.h"

#include "ctls_arena.h"

#include <mbedtls/net_sockets.h>

_Static_assert(CTLS_WANT_READ == MBEDTLS_ERR_SSL_WANT_READ, "the library gets these as they are");
_Static_assert(CTLS_WANT_WRITE == MBEDTLS_ERR_SSL_WANT_WRITE, "the library gets these as they are");
_Static_assert(CTLS_RESET == MBEDTLS_ERR_NET_CONN_RESET, "the library gets these as they are");

uint32_t ctls_library_version(void) { return mbedtls_version_get_number(); }

ctls_library_fault ctls_library_check(uint32_t version) {
    if (version >= CTLS_FIRST_3 && version < CTLS_OLDEST_3) return CTLS_LIBRARY_VULNERABLE;
    // Patches of one branch keep the structures that this module looks into.
    return version >> 16 == CTLS_COMPILED_WITH >> 16 ? CTLS_LIBRARY_OK : CTLS_LIBRARY_OTHER;
}

// The build says it as a word without quotation marks, which no tool on the way can lose.
#define CTLS_TEXT_OF(word) #word
#define CTLS_TEXT(word) CTLS_TEXT_OF(word)

const char *ctls_library_package(void) {
#ifdef CTLS_PACKAGE
    return CTLS_TEXT(CTLS_PACKAGE);
#else
    return NULL;
#endif
}

int ctls_library_lacks_security_updates(void) {
#ifdef CTLS_SECURITY_UPDATES
    return !CTLS_SECURITY_UPDATES;
#else
    return 0;
#endif
}

static ctls_failure_kind kind_of(int code) {
    switch (code) {
    case MBEDTLS_ERR_SSL_ALLOC_FAILED:
        return CTLS_FAILURE_OUT_OF_MEMORY;
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
        return CTLS_FAILURE_PEER_ALERT;
    case MBEDTLS_ERR_SSL_INVALID_MAC:
        return CTLS_FAILURE_BAD_RECORD;
    case MBEDTLS_ERR_SSL_INTERNAL_ERROR:
    case MBEDTLS_ERR_SSL_BAD_CONFIG:
    case MBEDTLS_ERR_SSL_NO_RNG:
    case MBEDTLS_ERR_SSL_COUNTER_WRAPPING:
        return CTLS_FAILURE_INTERNAL;
#if CTLS_HAS_TLS13
    case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
        return CTLS_FAILURE_PROTOCOL_VERSION;
    case MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE:
    case MBEDTLS_ERR_SSL_NO_APPLICATION_PROTOCOL:
        return CTLS_FAILURE_NO_SHARED_PARAMETERS;
#else
    case MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION:
        return CTLS_FAILURE_PROTOCOL_VERSION;
    case MBEDTLS_ERR_SSL_NO_CIPHER_CHOSEN:
    case MBEDTLS_ERR_SSL_NO_USABLE_CIPHERSUITE:
        return CTLS_FAILURE_NO_SHARED_PARAMETERS;
#endif
    default:    // everything else is about what the peer sent
        return CTLS_FAILURE_MALFORMED;
    }
}

ctls_failure ctls_failure_of(int code, uint32_t arena_failures_before) {
    // Deep inside the library a failed allocation comes back under a dozen other codes; the arena knows
    // better.
    if (ctls_arena_failures() != arena_failures_before)
        return (ctls_failure){CTLS_FAILURE_OUT_OF_MEMORY, code, 0};
    return (ctls_failure){kind_of(code), code, 0};
}
