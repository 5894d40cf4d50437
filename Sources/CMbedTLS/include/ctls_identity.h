// A certificate chain and its private key, parsed and checked against each other.
#ifndef CTLS_IDENTITY_H
#define CTLS_IDENTITY_H

#include "ctls_status.h"

typedef struct ctls_identity ctls_identity;

/// Makes an identity out of a chain (PEM, leaf first, or one DER certificate) and a private key (PEM or
/// DER). For PEM the byte after the text must be zero and be counted. On success *identity is the caller's,
/// with one reference.
ctls_identity_status ctls_identity_create(
    ctls_identity **identity,
    const uint8_t *certificate, size_t certificate_bytes,
    const uint8_t *key, size_t key_bytes);

/// Gives the caller's reference back; the last one frees, and wipes the key.
void ctls_identity_release(ctls_identity *identity);

/// Identities that exist: those that a caller or a handshake holds.
uint32_t ctls_identity_count(void);

/// Seconds since 1970 (UTC) before and after which the leaf is not valid.
int64_t ctls_identity_not_before(const ctls_identity *identity);
int64_t ctls_identity_not_after(const ctls_identity *identity);

/// Writes the leaf's subject as text with a final zero, cut to `bytes`; returns its length. Control
/// characters become '?'.
size_t ctls_identity_subject(const ctls_identity *identity, char *text, size_t bytes);

#endif
