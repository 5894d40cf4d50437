// Certificate chains and private keys. See ctls_identity.h.
#include "identity.h"

#include "certificate.h"
#include "ctls_arena.h"
#include "ctls_digest.h"
#include "ctls_pem.h"
#include "key.h"

#include <mbedtls/platform.h>

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
    const uint8_t *certificate, size_t certificate_bytes, const uint8_t *key, size_t key_bytes,
    ctls_accept_key accept
) {
    ctls_identity_status status = parse_chain(&pair->chain, certificate, certificate_bytes);
    if (status != CTLS_IDENTITY_OK) return status;
    return ctls_key_parse_for(&pair->key, key, key_bytes, accept, &pair->chain.pk);
}

ctls_identity *ctls_identity_create(ctls_choose choose) {
    if (ctls_random_start() != 0) return NULL;
    ctls_identity *identity = mbedtls_calloc(1, sizeof *identity);
    if (identity == NULL) return NULL;
    identity->choose = choose;
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
    const uint8_t *certificate, size_t certificate_bytes, const uint8_t *key, size_t key_bytes,
    ctls_accept_key accept
) {
    if (identity->pair_count == CTLS_PAIR_LIMIT) return CTLS_IDENTITY_OUT_OF_MEMORY;
    uint32_t failures = ctls_arena_failures();
    ctls_key_pair *pair = &identity->pairs[identity->pair_count];
    mbedtls_x509_crt_init(&pair->chain);
    mbedtls_pk_init(&pair->key);
    ctls_identity_status status = parse(pair, certificate, certificate_bytes, key, key_bytes, accept);
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

// The name that a client asks for

// RFC 6066 wants none, but some clients send the dot of the root as their user has written it.
static size_t without_root(const unsigned char *name, size_t bytes) {
    return bytes > 1 && name[bytes - 1] == '.' ? bytes - 1 : bytes;
}

// Where several chains fit, such as one with an RSA key and one with an ECDSA key, the library takes the one
// that fits what the client can.
int ctls_identity_offer(
    ctls_identity *identity, mbedtls_ssl_context *ssl, const unsigned char *name, size_t bytes
) {
    uint32_t chosen = identity->choose(identity, name, without_root(name, bytes));
    int error = chosen == 0 ? CTLS_NAME_UNKNOWN : ctls_clear_own_certificates(ssl);
    for (uint32_t i = 0; error == 0 && i < identity->pair_count; i++) {
        ctls_key_pair *pair = &identity->pairs[i];
        if ((chosen >> i & 1) != 0) error = mbedtls_ssl_set_hs_own_cert(ssl, &pair->chain, &pair->key);
    }
    return error;
}

static unsigned char lowercase(unsigned char byte) {
    return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte + ('a' - 'A')) : byte;
}

int ctls_name_digest(const unsigned char *name, size_t bytes, uint8_t *digest) {
    unsigned char lowered[255];     // no DNS name is longer, and what is none has no other spelling
    bytes = without_root(name, bytes);
    if (bytes > sizeof lowered) return ctls_sha256(name, bytes, digest);
    for (size_t i = 0; i < bytes; i++) lowered[i] = lowercase(name[i]);
    return ctls_sha256(lowered, bytes, digest);
}
