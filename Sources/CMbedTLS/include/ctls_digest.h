// SHA-256: fingerprints, pins, key identifiers.
#ifndef CTLS_DIGEST_H
#define CTLS_DIGEST_H

#include <stddef.h>
#include <stdint.h>


/// The digest of `count` bytes. Returns 0; anything else when memory ran out.
int ctls_sha256(const uint8_t *bytes, size_t count, uint8_t *digest);

#endif
