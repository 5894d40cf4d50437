// How the library reads certificates, of peers and of files: critical extensions that it does not know, and
// that PosternX509 respects, are no reason to refuse one. Nobody is trusted for being read: what the
// extensions say is asked by our own rules, before a peer's first byte. See certificate.h.
#include "certificate.h"

#include <mbedtls/oid.h>

#include <string.h>

// id-ce, 2.5.29. (RFC 5280, section 4.2.1): what CertificateExtensions.swift takes and one of the library's
// two versions does not know.
static const unsigned char id_ce[] = {0x55, 0x1D};
enum {
    SUBJECT_KEY_IDENTIFIER = 14,
    NAME_CONSTRAINTS = 30,
    CERTIFICATE_POLICIES = 32,
    AUTHORITY_KEY_IDENTIFIER = 35,
};

static int is_respected(const mbedtls_x509_buf *identifier) {
    if (identifier->len != sizeof id_ce + 1 || memcmp(identifier->p, id_ce, sizeof id_ce) != 0) return 0;
    switch (identifier->p[sizeof id_ce]) {
    case SUBJECT_KEY_IDENTIFIER:
    case NAME_CONSTRAINTS:
    case CERTIFICATE_POLICIES:
    case AUTHORITY_KEY_IDENTIFIER:
        return 1;
    default:
        return 0;
    }
}

// Called for what the library does not know, and for policies of which it knows none. What it says of an
// extension that is not critical makes no difference.
static int answer_for(
    void *unused, const mbedtls_x509_crt *certificate, const mbedtls_x509_buf *identifier, int is_critical,
    const unsigned char *value, const unsigned char *end
) {
    (void)unused, (void)certificate, (void)is_critical, (void)value, (void)end;
    return is_respected(identifier)
        ? 0 : MBEDTLS_ERR_X509_INVALID_EXTENSIONS + MBEDTLS_ERR_ASN1_UNEXPECTED_TAG;
}

int ctls_certificate_parse(mbedtls_x509_crt *chain, const uint8_t *der, size_t bytes) {
    return mbedtls_x509_crt_parse_der_with_ext_cb(chain, der, bytes, 1, answer_for, NULL);
}

// What the library calls for each certificate of a peer's message, put in place by the linker option --wrap.
// It passes over one with a signature algorithm that it does not know. The first one is the peer's own, and
// is not passed over: ctls_client_chain_confirm would refuse the peer, this does so at once.
int __wrap_mbedtls_x509_crt_parse_der(mbedtls_x509_crt *chain, const unsigned char *der, size_t bytes);
int __wrap_mbedtls_x509_crt_parse_der(mbedtls_x509_crt *chain, const unsigned char *der, size_t bytes) {
    enum { PASSED_OVER = MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG + MBEDTLS_ERR_OID_NOT_FOUND };
    int error = ctls_certificate_parse(chain, der, bytes);
    if (error != PASSED_OVER) return error;
    // TLS 1.3 fails where the last one is passed over, TLS 1.2 does not: so the library is not told.
    return chain->version == 0 ? MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG : 0;
}
