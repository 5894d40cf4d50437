// Certificate chains and private keys. See ctls_identity.h.
#include "identity.h"

#include "certificate.h"
#include "ctls_arena.h"
#include "ctls_digest.h"
#include "ctls_pem.h"
#include "key.h"

#include <mbedtls/platform.h>

#include <mbedtls/asn1.h>
#include <string.h>

static uint32_t identity_count;

// A chain with a hole is refused.
static ctls_identity_status parse_chain(mbedtls_x509_crt *chain, const uint8_t *bytes, size_t count) {
    mbedtls_x509_crt *last = NULL;
    for (size_t at = 0; at < count || last == NULL; at += last->raw.len) {
        int error = ctls_certificate_parse(chain, bytes + at, count - at);
        // A negative number is a module's error plus that of a module below it, in the last seven bits.
        switch (-(-error & ~0x7F)) {
        case 0:
            break;
        case MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG:
            return CTLS_IDENTITY_CERTIFICATE_SIGNATURE;
        case MBEDTLS_ERR_PK_UNKNOWN_PK_ALG:
        case MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE:
            return CTLS_IDENTITY_CERTIFICATE_KEY;
        default:
            return CTLS_IDENTITY_CERTIFICATE_UNREADABLE;
        }
        last = last == NULL ? chain : last->next;
    }
    return CTLS_IDENTITY_OK;
}

static ctls_identity_status parse(
    ctls_key_pair *pair,
    const uint8_t *certificate, size_t certificate_bytes, const uint8_t *key, size_t key_bytes
) {
    ctls_identity_status status = parse_chain(&pair->chain, certificate, certificate_bytes);
    if (status != CTLS_IDENTITY_OK) return status;
    return ctls_key_parse_for(&pair->key, key, key_bytes, &pair->chain.pk);
}

ctls_identity *ctls_identity_create(int refuse_unknown_names) {
    if (ctls_random_start() != 0) return NULL;
    ctls_identity *identity = mbedtls_calloc(1, sizeof *identity);
    if (identity == NULL) return NULL;
    identity->refuses_unknown_names = refuse_unknown_names;
    identity->references = 1;
    identity_count++;
    return identity;
}

static void free_pair(ctls_key_pair *pair) {
    mbedtls_pk_free(&pair->key);
    mbedtls_x509_crt_free(&pair->chain);
}

ctls_identity_status ctls_identity_add(
    ctls_identity *identity,
    const uint8_t *certificate, size_t certificate_bytes, const uint8_t *key, size_t key_bytes
) {
    if (identity->pair_count == CTLS_PAIR_LIMIT) return CTLS_IDENTITY_OUT_OF_MEMORY;
    uint32_t failures = ctls_arena_failures();
    ctls_key_pair *pair = &identity->pairs[identity->pair_count];
    mbedtls_x509_crt_init(&pair->chain);
    mbedtls_pk_init(&pair->key);
    ctls_identity_status status = parse(pair, certificate, certificate_bytes, key, key_bytes);
    if (status == CTLS_IDENTITY_OK) {
        identity->pair_count++;
        return status;
    }
    free_pair(pair);
    return ctls_arena_failures() != failures ? CTLS_IDENTITY_OUT_OF_MEMORY : status;
}

ctls_identity *ctls_identity_retain(ctls_identity *identity) {
    identity->references++;
    return identity;
}

void ctls_identity_release(ctls_identity *identity) {
    if (identity == NULL || --identity->references != 0) return;
    for (uint32_t i = 0; i < identity->pair_count; i++) free_pair(&identity->pairs[i]);
    mbedtls_free(identity);
    identity_count--;
}

uint32_t ctls_identity_count(void) { return identity_count; }

uint32_t ctls_identity_chain_count(const ctls_identity *identity) { return identity->pair_count; }

// Days from 1970-01-01 in the proleptic Gregorian calendar; the year starts in March, so that leap days come
// last.
static int64_t seconds_since_1970(const mbedtls_x509_time *time) {
    int64_t year = time->mon <= 2 ? time->year - 1 : time->year;
    int64_t month = (time->mon + 9) % 12;
    int64_t leap_days = year / 4 - year / 100 + year / 400;
    int64_t days = 365 * year + leap_days + (153 * month + 2) / 5 + time->day - 1 - 719468;
    return ((days * 24 + time->hour) * 60 + time->min) * 60 + time->sec;
}

int64_t ctls_identity_not_before(const ctls_identity *identity, uint32_t index) {
    return seconds_since_1970(&identity->pairs[index].chain.valid_from);
}

int64_t ctls_identity_not_after(const ctls_identity *identity, uint32_t index) {
    return seconds_since_1970(&identity->pairs[index].chain.valid_to);
}

size_t ctls_identity_subject(const ctls_identity *identity, uint32_t index, char *text, size_t bytes) {
    int length = mbedtls_x509_dn_gets(text, bytes, &identity->pairs[index].chain.subject);
    if (length < 0) length = 0;
    for (int i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7F) text[i] = '?';
    text[length] = 0;
    return (size_t)length;
}

const uint8_t *ctls_identity_leaf(const ctls_identity *identity, uint32_t index, size_t *bytes) {
    *bytes = identity->pairs[index].chain.raw.len;
    return identity->pairs[index].chain.raw.p;
}

// Which chain a client is shown

static unsigned char lowercase(unsigned char byte) {
    return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte + ('a' - 'A')) : byte;
}

static int equals(const unsigned char *left, const unsigned char *right, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        if (lowercase(left[i]) != lowercase(right[i])) return 0;
    return 1;
}

// RFC 9525, section 6.3: a wildcard is the whole first label and stands for exactly one.
static int matches(
    const unsigned char *pattern, size_t pattern_bytes, const unsigned char *name, size_t bytes
) {
    if (pattern_bytes == bytes && equals(pattern, name, bytes)) return 1;
    if (pattern_bytes < 3 || pattern[0] != '*' || pattern[1] != '.') return 0;
    const unsigned char *dot = memchr(name, '.', bytes);
    if (dot == NULL || dot == name) return 0;
    size_t rest = bytes - (size_t)(dot - name);
    return rest == pattern_bytes - 1 && equals(pattern + 1, dot, rest);
}

enum { DNS_NAME_TAG = MBEDTLS_ASN1_CONTEXT_SPECIFIC | 2 };  // GeneralName, RFC 5280, section 4.2.1.6

static int covers(const ctls_key_pair *pair, const unsigned char *name, size_t bytes) {
    const mbedtls_x509_sequence *item = &pair->chain.subject_alt_names;
    for (; item != NULL && item->buf.p != NULL; item = item->next)
        if (item->buf.tag == DNS_NAME_TAG && matches(item->buf.p, item->buf.len, name, bytes)) return 1;
    return 0;
}

// Gives a handshake all chains that cover a name, such as one with an RSA key and one with an ECDSA key; the
// library takes the one that fits what the client can. Returns how many, or the library's error.
static int offer_covering(
    ctls_identity *identity, mbedtls_ssl_context *ssl, const unsigned char *name, size_t bytes
) {
    int offered = 0;
    for (uint32_t i = 0; i < identity->pair_count; i++) {
        ctls_key_pair *pair = &identity->pairs[i];
        if (!covers(pair, name, bytes)) continue;
        int error = offered == 0 ? ctls_clear_own_certificates(ssl) : 0;
        if (error == 0) error = mbedtls_ssl_set_hs_own_cert(ssl, &pair->chain, &pair->key);
        if (error != 0) return error;
        offered++;
    }
    return offered;
}

int ctls_identity_offer_default(ctls_identity *identity, mbedtls_ssl_context *ssl) {
    ctls_key_pair *first = &identity->pairs[0];
    const mbedtls_x509_sequence *item = &first->chain.subject_alt_names;
    while (item != NULL && item->buf.p != NULL && item->buf.tag != DNS_NAME_TAG) item = item->next;
    // The first chain, and one of the other kind of key for the same name.
    if (item != NULL && item->buf.p != NULL) {
        int offered = offer_covering(identity, ssl, item->buf.p, item->buf.len);
        return offered < 0 ? offered : 0;
    }
    return mbedtls_ssl_set_hs_own_cert(ssl, &first->chain, &first->key);
}

// RFC 6066 wants none, but some clients send the dot of the root as their user has written it.
static size_t without_root(const unsigned char *name, size_t bytes) {
    return bytes > 1 && name[bytes - 1] == '.' ? bytes - 1 : bytes;
}

int ctls_identity_offer(
    ctls_identity *identity, mbedtls_ssl_context *ssl, const unsigned char *name, size_t bytes
) {
    int offered = offer_covering(identity, ssl, name, without_root(name, bytes));
    if (offered != 0) return offered < 0 ? offered : 0;
    return identity->refuses_unknown_names ? CTLS_NAME_UNKNOWN : 0;
}

int ctls_name_digest(const unsigned char *name, size_t bytes, uint8_t *digest) {
    unsigned char lowered[255];     // no DNS name is longer, and what is none has no other spelling
    bytes = without_root(name, bytes);
    if (bytes > sizeof lowered) return ctls_sha256(name, bytes, digest);
    for (size_t i = 0; i < bytes; i++) lowered[i] = lowercase(name[i]);
    return ctls_sha256(lowered, bytes, digest);
}
