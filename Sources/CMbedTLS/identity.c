// Certificate chain and private key. See ctls_identity.h.
#include "identity.h"

#include "ctls_arena.h"

#include <mbedtls/pem.h>
#include <mbedtls/platform.h>

#include <string.h>

static uint32_t identity_count;

enum { RSA_BITS_LEAST = 2048, RSA_BITS_MOST = 4096 };

static ctls_identity_status check_key(const mbedtls_pk_context *key) {
    size_t bits = mbedtls_pk_get_bitlen(key);
    if (mbedtls_pk_can_do(key, MBEDTLS_PK_RSA)) {
        if (bits < RSA_BITS_LEAST) return CTLS_IDENTITY_KEY_WEAK;
        return bits <= RSA_BITS_MOST ? CTLS_IDENTITY_OK : CTLS_IDENTITY_KEY_UNSUPPORTED;
    }
    if (!mbedtls_pk_can_do(key, MBEDTLS_PK_ECDSA)) return CTLS_IDENTITY_KEY_UNSUPPORTED;
    switch (mbedtls_pk_ec(*key)->grp.id) {
    case MBEDTLS_ECP_DP_SECP256R1:
    case MBEDTLS_ECP_DP_SECP384R1:
        return CTLS_IDENTITY_OK;
    case MBEDTLS_ECP_DP_SECP192R1:
    case MBEDTLS_ECP_DP_SECP192K1:
        return CTLS_IDENTITY_KEY_WEAK;
    default:
        return CTLS_IDENTITY_KEY_UNSUPPORTED;
    }
}

static ctls_identity_status parse_key(ctls_identity *identity, const uint8_t *key, size_t key_bytes) {
    switch (ctls_pk_parse_key(&identity->key, key, key_bytes)) {
    case 0:
        return check_key(&identity->key);
    case MBEDTLS_ERR_PK_PASSWORD_REQUIRED:
    case MBEDTLS_ERR_PEM_PASSWORD_REQUIRED:
        return CTLS_IDENTITY_KEY_ENCRYPTED;
    case MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE:
    case MBEDTLS_ERR_PK_UNKNOWN_PK_ALG:
        return CTLS_IDENTITY_KEY_UNSUPPORTED;
    default:
        return CTLS_IDENTITY_KEY_UNREADABLE;
    }
}

static ctls_identity_status parse(
    ctls_identity *identity,
    const uint8_t *certificate, size_t certificate_bytes, const uint8_t *key, size_t key_bytes
) {
    int error = mbedtls_x509_crt_parse(&identity->chain, certificate, certificate_bytes);
    // A negative number is a module's error plus that of a module below it, in the last seven bits.
    switch (error < 0 ? -(-error & ~0x7F) : error) {
    case 0:
        break;
    case MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG:
    case MBEDTLS_ERR_PK_UNKNOWN_PK_ALG:
    case MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE:
        return CTLS_IDENTITY_KEY_UNSUPPORTED;
    default:    // a positive result counts certificates that did not parse: a chain with a hole is refused
        return CTLS_IDENTITY_CERTIFICATE_UNREADABLE;
    }
    ctls_identity_status status = parse_key(identity, key, key_bytes);
    if (status != CTLS_IDENTITY_OK) return status;
    return ctls_pk_check_pair(&identity->chain.pk, &identity->key) == 0
        ? CTLS_IDENTITY_OK : CTLS_IDENTITY_KEY_MISMATCH;
}

ctls_identity_status ctls_identity_create(
    ctls_identity **result,
    const uint8_t *certificate, size_t certificate_bytes, const uint8_t *key, size_t key_bytes
) {
    *result = NULL;
    uint32_t failures = ctls_arena_failures();
    if (ctls_random_start() != 0) return CTLS_IDENTITY_OUT_OF_MEMORY;
    ctls_identity *identity = mbedtls_calloc(1, sizeof *identity);
    if (identity == NULL) return CTLS_IDENTITY_OUT_OF_MEMORY;
    mbedtls_x509_crt_init(&identity->chain);
    mbedtls_pk_init(&identity->key);
    identity->references = 1;
    identity_count++;
    ctls_identity_status status = parse(identity, certificate, certificate_bytes, key, key_bytes);
    if (status == CTLS_IDENTITY_OK) {
        *result = identity;
        return status;
    }
    ctls_identity_release(identity);
    return ctls_arena_failures() != failures ? CTLS_IDENTITY_OUT_OF_MEMORY : status;
}

ctls_identity *ctls_identity_retain(ctls_identity *identity) {
    identity->references++;
    return identity;
}

void ctls_identity_release(ctls_identity *identity) {
    if (identity == NULL || --identity->references != 0) return;
    mbedtls_pk_free(&identity->key);
    mbedtls_x509_crt_free(&identity->chain);
    mbedtls_free(identity);
    identity_count--;
}

uint32_t ctls_identity_count(void) { return identity_count; }

// Days from 1970-01-01 in the proleptic Gregorian calendar; the year starts in March, so that leap days come
// last.
static int64_t seconds_since_1970(const mbedtls_x509_time *time) {
    int64_t year = time->mon <= 2 ? time->year - 1 : time->year;
    int64_t month = (time->mon + 9) % 12;
    int64_t leap_days = year / 4 - year / 100 + year / 400;
    int64_t days = 365 * year + leap_days + (153 * month + 2) / 5 + time->day - 1 - 719468;
    return ((days * 24 + time->hour) * 60 + time->min) * 60 + time->sec;
}

int64_t ctls_identity_not_before(const ctls_identity *identity) {
    return seconds_since_1970(&identity->chain.valid_from);
}

int64_t ctls_identity_not_after(const ctls_identity *identity) {
    return seconds_since_1970(&identity->chain.valid_to);
}

size_t ctls_identity_subject(const ctls_identity *identity, char *text, size_t bytes) {
    int length = mbedtls_x509_dn_gets(text, bytes, &identity->chain.subject);
    if (length < 0) length = 0;
    for (int i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7F) text[i] = '?';
    text[length] = 0;
    return (size_t)length;
}
