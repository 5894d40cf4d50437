// Reading certificates with the library, the way that fits what our own rules ask afterwards. Private to
// this module.
#ifndef CTLS_CERTIFICATE_PRIVATE_H
#define CTLS_CERTIFICATE_PRIVATE_H

#include "compat.h"

/// Adds a certificate in DER, of which a copy is made, to a chain. Returns 0 or an error of the library.
int ctls_certificate_parse(mbedtls_x509_crt *chain, const uint8_t *der, size_t bytes);

#endif
