// Private keys on their own: made, read, written, and what they sign; and the signatures of others. Nothing
// here knows what a certificate is.
#ifndef CTLS_KEY_H
#define CTLS_KEY_H

#include "ctls_status.h"

typedef struct ctls_key ctls_key;

#define CTLS_KEY_DER_BYTES 2560         ///< room for any private or public key in DER; RSA-4096 takes 2,350
#define CTLS_SIGNATURE_BYTES 512        ///< room for any signature; RSA-4096 takes all of it

/// Makes a key; `bits` are for RSA alone. On failure *key is NULL.
ctls_identity_status ctls_key_generate(ctls_key **key, ctls_key_kind kind, uint32_t bits);
/// Reads a key in DER: PKCS#1, SEC1 or PKCS#8, without a password. If a public key is given (a
/// SubjectPublicKeyInfo in DER), there may be several, one behind the other, and it is the first that
/// belongs to that. On failure *key is NULL.
ctls_identity_status ctls_key_parse(
    ctls_key **key, const uint8_t *bytes, size_t count, ctls_accept_key accept,
    const uint8_t *public_key, size_t public_key_bytes);
/// Wipes it.
void ctls_key_free(ctls_key *key);

ctls_key_kind ctls_key_get_kind(const ctls_key *key);

/// Writes the private key in DER (SEC1 or PKCS#1) or the public one (SubjectPublicKeyInfo) to the start of
/// `bytes`, which have CTLS_KEY_DER_BYTES. Returns the length, 0 when memory ran out.
size_t ctls_key_write_private(const ctls_key *key, uint8_t *bytes);
size_t ctls_key_write_public(const ctls_key *key, uint8_t *bytes);

/// Signs a message: with SHA-384 for P-384, else with SHA-256; RSA as PKCS#1 v1.5. `signature` has
/// CTLS_SIGNATURE_BYTES. Returns its length, 0 when memory ran out.
size_t ctls_key_sign(const ctls_key *key, const uint8_t *message, size_t count, uint8_t *signature);

typedef enum {
    CTLS_HASH_SHA256,
    CTLS_HASH_SHA384,
    CTLS_HASH_SHA512,
} ctls_hash;

typedef enum {
    CTLS_SIGNATURE_GOOD,
    CTLS_SIGNATURE_BAD,
    CTLS_SIGNATURE_KEY_UNUSABLE,        ///< a key that does not parse or is of no kind in use here
    CTLS_SIGNATURE_OUT_OF_MEMORY,
} ctls_signature_status;

/// Whether the public key (SubjectPublicKeyInfo in DER) has signed the message. The kind of key decides
/// between ECDSA and RSA; `salt_bytes` is that of RSASSA-PSS, -1 for PKCS #1 version 1.5 and ECDSA.
ctls_signature_status ctls_signature_check(
    const uint8_t *public_key, size_t public_key_bytes, ctls_hash hash, int32_t salt_bytes,
    const uint8_t *message, size_t message_bytes, const uint8_t *signature, size_t signature_bytes);

/// Whether the library can use the public key: GOOD, KEY_UNUSABLE or OUT_OF_MEMORY.
ctls_signature_status ctls_public_key_check(const uint8_t *public_key, size_t public_key_bytes);

/// Random bytes for serial numbers. Returns 0, or the library's error.
int ctls_random_fill(uint8_t *bytes, size_t count);

#endif
