// What the server shows of itself: up to four certificate chains with their private keys, parsed and checked
// against each other. The first is for clients that ask for no name.
#ifndef CTLS_IDENTITY_H
#define CTLS_IDENTITY_H

#include "ctls_status.h"

typedef struct ctls_identity ctls_identity;

#define CTLS_PAIR_LIMIT 4   ///< chains with keys in an identity

/// Chooses the chains for a client by the name that it asks for, without the dot of the root, NULL for none:
/// a bit for each, the first chain's the lowest. 0: the client is refused.
typedef uint32_t (*ctls_choose)(const ctls_identity *identity, const uint8_t *name, size_t bytes);

/// Makes an empty identity, the caller's, with one reference. NULL when the arena has no room.
ctls_identity *ctls_identity_create(ctls_choose choose);

/// Adds a chain (certificates in DER one behind the other, the leaf first) and its private key in DER.
ctls_identity_status ctls_identity_add(
    ctls_identity *identity,
    const uint8_t *certificate, size_t certificate_bytes,
    const uint8_t *key, size_t key_bytes, ctls_accept_key accept);

/// Gives the caller's reference back; the last one frees, and wipes the keys.
void ctls_identity_release(ctls_identity *identity);

/// Identities that exist: those that a caller or a handshake holds.
uint32_t ctls_identity_count(void);

uint32_t ctls_identity_chain_count(const ctls_identity *identity);

/// Writes the leaf's subject as text with a final zero, cut to `bytes`; returns its length. Control
/// characters become '?'.
size_t ctls_identity_subject(const ctls_identity *identity, uint32_t index, char *text, size_t bytes);

/// The leaf of chain `index` in DER, as long as the identity lives.
const uint8_t *ctls_identity_leaf(const ctls_identity *identity, uint32_t index, size_t *bytes);

#endif
