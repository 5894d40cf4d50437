// Private keys: reading, making, writing, signing. See ctls_key.h.
#include "key.h"

#include "ctls_arena.h"

#include <mbedtls/asn1.h>
#include <mbedtls/md.h>
#include <mbedtls/platform.h>
#include <mbedtls/platform_util.h>
#include <string.h>

enum { RSA_EXPONENT = 65537 };

struct ctls_key {
    mbedtls_pk_context pk;
};

static ctls_key_kind kind_of(const mbedtls_pk_context *key) {
    if (mbedtls_pk_can_do(key, MBEDTLS_PK_RSA)) return CTLS_KEY_RSA;
    if (!mbedtls_pk_can_do(key, MBEDTLS_PK_ECDSA)) return CTLS_KEY_OTHER;
    switch (ctls_curve_of(key)) {
    case MBEDTLS_ECP_DP_SECP256R1: return CTLS_KEY_P256;
    case MBEDTLS_ECP_DP_SECP384R1: return CTLS_KEY_P384;
    default: return CTLS_KEY_OTHER_CURVE;
    }
}

static ctls_identity_status parse_first(
    mbedtls_pk_context *key, const uint8_t *bytes, size_t count, ctls_accept_key accept
) {
    switch (ctls_pk_parse_key(key, bytes, count)) {
    case 0:
        return accept(kind_of(key), (uint32_t)mbedtls_pk_get_bitlen(key));
    case MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE:
    case MBEDTLS_ERR_PK_UNKNOWN_PK_ALG:
        return CTLS_IDENTITY_KEY_UNSUPPORTED;
    default:
        return CTLS_IDENTITY_KEY_UNREADABLE;
    }
}

ctls_identity_status ctls_key_parse_for(
    mbedtls_pk_context *key, const uint8_t *bytes, size_t count, ctls_accept_key accept,
    const mbedtls_pk_context *public_key
) {
    ctls_identity_status status = CTLS_IDENTITY_KEY_UNREADABLE;
    const uint8_t *end = bytes + count;
    // While one key takes the place of another, a file has both; without a public key the first is meant.
    for (const uint8_t *at = bytes; at < end;) {
        unsigned char *content = (unsigned char *)(uintptr_t)at;    // the library only reads it
        size_t length;
        if (mbedtls_asn1_get_tag(
                &content, end, &length, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) != 0) break;
        size_t size = (size_t)(content - at) + length;
        ctls_identity_status found = parse_first(key, at, size, accept);
        if (public_key == NULL) return found;
        if (found == CTLS_IDENTITY_OK) {
            if (ctls_pk_check_pair(public_key, key) == 0) return CTLS_IDENTITY_OK;
            found = CTLS_IDENTITY_KEY_MISMATCH;
        }
        if (at == bytes || found == CTLS_IDENTITY_KEY_MISMATCH) status = found;
        mbedtls_pk_free(key);
        mbedtls_pk_init(key);
        at += size;
    }
    return status;
}

static ctls_identity_status generate(mbedtls_pk_context *pk, ctls_key_kind kind, uint32_t bits) {
    int is_rsa = kind == CTLS_KEY_RSA;
    const mbedtls_pk_info_t *info = mbedtls_pk_info_from_type(is_rsa ? MBEDTLS_PK_RSA : MBEDTLS_PK_ECKEY);
    int error = mbedtls_pk_setup(pk, info);
    if (error == 0 && is_rsa) {
        error = mbedtls_rsa_gen_key(mbedtls_pk_rsa(*pk), ctls_random_bytes, NULL, bits, RSA_EXPONENT);
    } else if (error == 0) {
        mbedtls_ecp_group_id group =
            kind == CTLS_KEY_P384 ? MBEDTLS_ECP_DP_SECP384R1 : MBEDTLS_ECP_DP_SECP256R1;
        error = mbedtls_ecp_gen_key(group, mbedtls_pk_ec(*pk), ctls_random_bytes, NULL);
    }
    // Nothing else can go wrong with a kind and a size that are in use here.
    return error == 0 ? CTLS_IDENTITY_OK : CTLS_IDENTITY_OUT_OF_MEMORY;
}

static ctls_key *create(void) {
    if (ctls_random_start() != 0) return NULL;
    ctls_key *key = mbedtls_calloc(1, sizeof *key);
    if (key != NULL) mbedtls_pk_init(&key->pk);
    return key;
}

// Hands the key out, or frees it.
static ctls_identity_status finish(
    ctls_key *made, ctls_key **key, ctls_identity_status status, uint32_t failures_before
) {
    *key = status == CTLS_IDENTITY_OK ? made : NULL;
    if (*key == NULL) ctls_key_free(made);
    return ctls_arena_failures() != failures_before ? CTLS_IDENTITY_OUT_OF_MEMORY : status;
}

ctls_identity_status ctls_key_generate(ctls_key **key, ctls_key_kind kind, uint32_t bits) {
    uint32_t failures = ctls_arena_failures();
    *key = NULL;
    ctls_key *made = create();
    if (made == NULL) return CTLS_IDENTITY_OUT_OF_MEMORY;
    return finish(made, key, generate(&made->pk, kind, bits), failures);
}

static ctls_identity_status parse_of(
    mbedtls_pk_context *key, const uint8_t *bytes, size_t count, ctls_accept_key accept,
    const uint8_t *public_key, size_t public_key_bytes
) {
    mbedtls_pk_context owner;
    mbedtls_pk_init(&owner);
    unsigned char *rest = (unsigned char *)(uintptr_t)public_key;     // the library only reads it
    int error = mbedtls_pk_parse_subpubkey(&rest, public_key + public_key_bytes, &owner);
    ctls_identity_status status = error == 0
        ? ctls_key_parse_for(key, bytes, count, accept, &owner) : CTLS_IDENTITY_KEY_UNSUPPORTED;
    mbedtls_pk_free(&owner);
    return status;
}

ctls_identity_status ctls_key_parse(
    ctls_key **key, const uint8_t *bytes, size_t count, ctls_accept_key accept,
    const uint8_t *public_key, size_t public_key_bytes
) {
    uint32_t failures = ctls_arena_failures();
    *key = NULL;
    ctls_key *made = create();
    if (made == NULL) return CTLS_IDENTITY_OUT_OF_MEMORY;
    ctls_identity_status status = public_key == NULL
        ? ctls_key_parse_for(&made->pk, bytes, count, accept, NULL)
        : parse_of(&made->pk, bytes, count, accept, public_key, public_key_bytes);
    return finish(made, key, status, failures);
}

void ctls_key_free(ctls_key *key) {
    mbedtls_pk_free(&key->pk);
    mbedtls_free(key);
}

ctls_key_kind ctls_key_get_kind(const ctls_key *key) { return kind_of(&key->pk); }

// The library writes to the end of its buffer.
static size_t to_start(uint8_t *bytes, int length) {
    if (length <= 0) return 0;
    memmove(bytes, bytes + CTLS_KEY_DER_BYTES - length, (size_t)length);
    return (size_t)length;
}

size_t ctls_key_write_private(const ctls_key *key, uint8_t *bytes) {
    return to_start(bytes, mbedtls_pk_write_key_der(ctls_pk_argument(&key->pk), bytes, CTLS_KEY_DER_BYTES));
}

size_t ctls_key_write_public(const ctls_key *key, uint8_t *bytes) {
    return to_start(
        bytes, mbedtls_pk_write_pubkey_der(ctls_pk_argument(&key->pk), bytes, CTLS_KEY_DER_BYTES));
}

size_t ctls_key_sign(const ctls_key *key, const uint8_t *message, size_t count, uint8_t *signature) {
    mbedtls_md_type_t hash = ctls_key_get_kind(key) == CTLS_KEY_P384 ? MBEDTLS_MD_SHA384 : MBEDTLS_MD_SHA256;
    unsigned char digest[MBEDTLS_MD_MAX_SIZE];
    size_t length = 0;
    if (mbedtls_md(mbedtls_md_info_from_type(hash), message, count, digest) != 0) return 0;
    int error = ctls_pk_sign(
        ctls_pk_argument(&key->pk), hash, digest, signature, CTLS_SIGNATURE_BYTES, &length);
    return error == 0 ? length : 0;
}

// Others' signatures

static int verify(
    mbedtls_pk_context *key, mbedtls_md_type_t type, int32_t salt_bytes, const unsigned char *digest,
    const uint8_t *signature, size_t signature_bytes
) {
    size_t digest_bytes = mbedtls_md_get_size(mbedtls_md_info_from_type(type));
    if (salt_bytes < 0)
        return mbedtls_pk_verify(key, type, digest, digest_bytes, signature, signature_bytes);
    mbedtls_pk_rsassa_pss_options options = {.mgf1_hash_id = type, .expected_salt_len = salt_bytes};
    return mbedtls_pk_verify_ext(
        MBEDTLS_PK_RSASSA_PSS, &options, key, type, digest, digest_bytes, signature, signature_bytes);
}

static ctls_signature_status check_signature(
    mbedtls_pk_context *key, ctls_hash hash, int32_t salt_bytes,
    const uint8_t *message, size_t message_bytes, const uint8_t *signature, size_t signature_bytes
) {
    static const mbedtls_md_type_t types[] = {MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512};
    unsigned char digest[MBEDTLS_MD_MAX_SIZE];
    if (mbedtls_md(mbedtls_md_info_from_type(types[hash]), message, message_bytes, digest) != 0)
        return CTLS_SIGNATURE_OUT_OF_MEMORY;
    int error = verify(key, types[hash], salt_bytes, digest, signature, signature_bytes);
    return error == 0 ? CTLS_SIGNATURE_GOOD : CTLS_SIGNATURE_BAD;
}

// GOOD with a key, whose fields the caller frees either way.
static ctls_signature_status parse_public(
    mbedtls_pk_context *key, const uint8_t *public_key, size_t public_key_bytes
) {
    mbedtls_pk_init(key);
    if (ctls_random_start() != 0) return CTLS_SIGNATURE_OUT_OF_MEMORY;
    unsigned char *rest = (unsigned char *)(uintptr_t)public_key;     // the library only reads it
    int error = mbedtls_pk_parse_subpubkey(&rest, public_key + public_key_bytes, key);
    int is_usable = error == 0 && rest == public_key + public_key_bytes;
    return is_usable ? CTLS_SIGNATURE_GOOD : CTLS_SIGNATURE_KEY_UNUSABLE;
}

ctls_signature_status ctls_signature_check(
    const uint8_t *public_key, size_t public_key_bytes, ctls_hash hash, int32_t salt_bytes,
    const uint8_t *message, size_t message_bytes, const uint8_t *signature, size_t signature_bytes
) {
    uint32_t failures = ctls_arena_failures();
    mbedtls_pk_context key;
    ctls_signature_status status = parse_public(&key, public_key, public_key_bytes);
    if (status == CTLS_SIGNATURE_GOOD)
        status = check_signature(
            &key, hash, salt_bytes, message, message_bytes, signature, signature_bytes);
    mbedtls_pk_free(&key);
    return ctls_arena_failures() != failures ? CTLS_SIGNATURE_OUT_OF_MEMORY : status;
}

ctls_signature_status ctls_public_key_check(const uint8_t *public_key, size_t public_key_bytes) {
    uint32_t failures = ctls_arena_failures();
    mbedtls_pk_context key;
    ctls_signature_status status = parse_public(&key, public_key, public_key_bytes);
    mbedtls_pk_free(&key);
    return ctls_arena_failures() != failures ? CTLS_SIGNATURE_OUT_OF_MEMORY : status;
}

int ctls_random_fill(uint8_t *bytes, size_t count) {
    int error = ctls_random_start();
    return error != 0 ? error : ctls_random_bytes(NULL, bytes, count);
}
