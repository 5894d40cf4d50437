// What is inside a client of the tests, for its files. Private to them.
#ifndef CTLS_CLIENT_PRIVATE_H
#define CTLS_CLIENT_PRIVATE_H

#include "compat.h"
#include "ctls_client.h"
#include "ctls_identity.h"

struct ctls_client {
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config config;
    mbedtls_ssl_session session;    // for the next client
    // Of one that shows certificates:
    mbedtls_pk_context key;
    mbedtls_x509_crt nothing;       // the library wants a certificate beside a key; it is never sent
    unsigned char *message;         // the body of its Certificate message
    size_t message_bytes;
    int was_asked;
};

/// Makes an identity of a key and a certificate that are new; whatever name a client asks for.
ctls_identity *ctls_client_new_identity(void);

/// mbedtls_ssl_handshake with the client's own Certificate message.
int ctls_client_forge(ctls_client *client);

#endif
