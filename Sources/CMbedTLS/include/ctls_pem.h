// DER as PEM, and the base64 in PEM. Where a file's blocks begin and end is found in Swift.
#ifndef CTLS_PEM_H
#define CTLS_PEM_H

#include <stddef.h>
#include <stdint.h>

/// Decodes base64 without blanks. `bytes` may be the text itself, or begin before it. Returns how many
/// bytes came out; 0 when it is no base64 or does not fit.
size_t ctls_base64_decode(const uint8_t *base64, size_t count, uint8_t *bytes, size_t capacity);

/// DER as PEM: `label` as in "CERTIFICATE". Returns the length of the text, 0 when it does not fit.
size_t ctls_pem_write(
    const char *label, const uint8_t *der, size_t der_bytes, char *text, size_t capacity);

#endif
