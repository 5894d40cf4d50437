// The blocks of a PEM file, one after the other.
#ifndef CTLS_PEM_H
#define CTLS_PEM_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
    CTLS_PEM_END = 0,                   ///< no more blocks
    CTLS_PEM_CERTIFICATE = 1,
    CTLS_PEM_REQUEST = 2,
    CTLS_PEM_REVOCATION_LIST = 4,
    CTLS_PEM_OTHER = 8,                 ///< a key or something else; not decoded
    CTLS_PEM_MALFORMED = 16,            ///< a block without its end, or whose text is no base64
    CTLS_PEM_OUT_OF_MEMORY = 32,        ///< the arena had no room
} ctls_pem_kind;

/// Decodes the next block of a text that ends with a zero byte, and moves *text behind it. `der` has room
/// for as many bytes as the block has; it may be the text itself, up to *text, which is then overwritten.
ctls_pem_kind ctls_pem_next(const uint8_t **text, uint8_t *der, size_t *der_bytes);

#endif
