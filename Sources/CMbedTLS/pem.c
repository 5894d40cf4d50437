// Base64 and PEM through the library, which decodes in constant time. See ctls_pem.h.
#include "compat.h"
#include "ctls_pem.h"

#include <mbedtls/base64.h>
#include <mbedtls/pem.h>

#include <string.h>

size_t ctls_base64_decode(const uint8_t *base64, size_t count, uint8_t *bytes, size_t capacity) {
    size_t length = 0;
    return mbedtls_base64_decode(bytes, capacity, &length, base64, count) == 0 ? length : 0;
}

static size_t append(char *text, size_t at, const char *more) {
    size_t length = strlen(more);
    memcpy(text + at, more, length + 1);
    return at + length;
}

size_t ctls_pem_write(const char *label, const uint8_t *der, size_t der_bytes, char *text, size_t capacity) {
    char begin[64], end[64];
    if (strlen(label) > 32) return 0;
    append(begin, append(begin, append(begin, 0, "-----BEGIN "), label), "-----\n");
    append(end, append(end, append(end, 0, "-----END "), label), "-----\n");
    size_t length = 0;
    int error = mbedtls_pem_write_buffer(
        begin, end, der, der_bytes, (unsigned char *)text, capacity, &length);
    return error == 0 ? length - 1 : 0;     // without the zero
}
