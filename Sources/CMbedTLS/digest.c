// SHA-256 of a whole piece of memory. See ctls_digest.h.
#include "compat.h"
#include "ctls_digest.h"

#include <mbedtls/md.h>

int ctls_sha256(const uint8_t *bytes, size_t count, uint8_t *digest) {
    return mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), bytes, count, digest);
}
