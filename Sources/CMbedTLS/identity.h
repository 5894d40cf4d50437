// What is inside an identity, for the session that shows it to a client. Private to this module.
#ifndef CTLS_IDENTITY_PRIVATE_H
#define CTLS_IDENTITY_PRIVATE_H

#include "compat.h"
#include "ctls_identity.h"

typedef struct {
    mbedtls_x509_crt chain;
    mbedtls_pk_context key;
} ctls_key_pair;

struct ctls_identity {
    ctls_key_pair pairs[CTLS_PAIR_LIMIT];
    uint32_t pair_count;
    uint32_t references;
    ctls_choose choose;
};

ctls_identity *ctls_identity_retain(ctls_identity *identity);

/// Gives a handshake what the identity chooses for the name that the client asks for, NULL for none. Returns
/// 0, the library's error, or CTLS_NAME_UNKNOWN when the client is refused.
int ctls_identity_offer(
    ctls_identity *identity, mbedtls_ssl_context *ssl, const unsigned char *name, size_t bytes);

#define CTLS_NAME_UNKNOWN 1

/// SHA-256 of a server name as it is compared: without regard to case and to the dot of the root.
enum { CTLS_NAME_DIGEST_BYTES = 32 };
int ctls_name_digest(const unsigned char *name, size_t bytes, uint8_t *digest);

#endif
