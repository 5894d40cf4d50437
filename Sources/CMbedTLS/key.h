// Keys, shared by the files of this module that read them. Private to it.
#ifndef CTLS_KEY_PRIVATE_H
#define CTLS_KEY_PRIVATE_H

#include "compat.h"
#include "ctls_key.h"

/// Parses the private key that belongs to a public one, and checks it so. A text may hold several.
ctls_identity_status ctls_key_parse_for(
    mbedtls_pk_context *key, const uint8_t *bytes, size_t count, ctls_accept_key accept,
    const mbedtls_pk_context *public_key);

#endif
