// PEM through the library's reader, block by block. See ctls_pem.h.
#include "compat.h"
#include "ctls_pem.h"

#include <mbedtls/pem.h>

#include <string.h>

static const struct {
    const char *header, *footer;
    ctls_pem_kind kind;
} labels[] = {
    {"-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----", CTLS_PEM_CERTIFICATE},
    {"-----BEGIN CERTIFICATE REQUEST-----", "-----END CERTIFICATE REQUEST-----", CTLS_PEM_REQUEST},
    {"-----BEGIN NEW CERTIFICATE REQUEST-----", "-----END NEW CERTIFICATE REQUEST-----", CTLS_PEM_REQUEST},
    {"-----BEGIN X509 CRL-----", "-----END X509 CRL-----", CTLS_PEM_REVOCATION_LIST},
};

static ctls_pem_kind decode(const uint8_t **text, size_t label, uint8_t *der, size_t *der_bytes) {
    mbedtls_pem_context pem;
    mbedtls_pem_init(&pem);
    size_t used = 0;
    int error = mbedtls_pem_read_buffer(
        &pem, labels[label].header, labels[label].footer, *text, NULL, 0, &used);
    ctls_pem_kind kind = labels[label].kind;
    if (error == 0) {
        *text += used;
        *der_bytes = pem.buflen;
        memcpy(der, pem.buf, pem.buflen);
    } else {
        kind = error == MBEDTLS_ERR_PEM_ALLOC_FAILED ? CTLS_PEM_OUT_OF_MEMORY : CTLS_PEM_MALFORMED;
    }
    mbedtls_pem_free(&pem);
    return kind;
}

ctls_pem_kind ctls_pem_next(const uint8_t **text, uint8_t *der, size_t *der_bytes) {
    static const char begin[] = "-----BEGIN ";
    const char *start = strstr((const char *)*text, begin);
    if (start == NULL) return CTLS_PEM_END;
    *text = (const uint8_t *)start;
    for (size_t label = 0; label < sizeof labels / sizeof labels[0]; label++)
        if (strncmp(start, labels[label].header, strlen(labels[label].header)) == 0)
            return decode(text, label, der, der_bytes);
    *text += sizeof begin - 1;
    return CTLS_PEM_OTHER;
}
