// Keys, shared by the files of this module that read them. Private to it.
#ifndef CTLS_KEY_PRIVATE_H
#define CTLS_KEY_PRIVATE_H

#include "compat.h"
#include "ctls_key.h"

/// Whether a key is of a kind and strength that is in use here.
ctls_identity_status ctls_key_check(const mbedtls_pk_context *key);

/// Parses a private key and checks it so.
ctls_identity_status ctls_key_parse_into(mbedtls_pk_context *key, const uint8_t *bytes, size_t count);

#endif
