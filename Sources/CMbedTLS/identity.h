// What is inside an identity, for the session that shows it to a client. Private to this module.
#ifndef CTLS_IDENTITY_PRIVATE_H
#define CTLS_IDENTITY_PRIVATE_H

#include "compat.h"
#include "ctls_identity.h"

struct ctls_identity {
    mbedtls_x509_crt chain;
    mbedtls_pk_context key;
    uint32_t references;
};

ctls_identity *ctls_identity_retain(ctls_identity *identity);

#endif
