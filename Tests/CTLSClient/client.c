// The client of the tests. See ctls_client.h.
#define MBEDTLS_ALLOW_PRIVATE_ACCESS    // of 3.6: the bytes of a PEM block
#include "client.h"

#include <mbedtls/ecp.h>
#include <mbedtls/pem.h>
#include <mbedtls/rsa.h>

#include <stdlib.h>

int ctls_client_has_tls13(void) { return CTLS_HAS_TLS13; }

ctls_client *ctls_client_create(
    int tls13, int small_records, const ctls_client *previous,
    void *stream, ctls_client_send send, ctls_client_receive receive
) {
    ctls_client *client = calloc(1, sizeof *client);
    ctls_random_start();
    mbedtls_ssl_init(&client->ssl);
    mbedtls_ssl_config_init(&client->config);
    mbedtls_ssl_session_init(&client->session);
    mbedtls_ssl_config_defaults(
        &client->config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    mbedtls_ssl_conf_rng(&client->config, ctls_random_bytes, NULL);
    mbedtls_ssl_conf_authmode(&client->config, MBEDTLS_SSL_VERIFY_NONE);
    ctls_conf_versions(&client->config, tls13);
    if (small_records) mbedtls_ssl_conf_max_frag_len(&client->config, MBEDTLS_SSL_MAX_FRAG_LEN_512);
#if CTLS_HAS_TLS13 && defined(MBEDTLS_SSL_SESSION_TICKETS) && MBEDTLS_VERSION_NUMBER >= 0x03060100
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
        &client->config, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
    mbedtls_ssl_setup(&client->ssl, &client->config);
    mbedtls_ssl_set_hostname(&client->ssl, "localhost");
    mbedtls_ssl_set_bio(&client->ssl, stream, send, receive, NULL);
    if (previous != NULL) mbedtls_ssl_set_session(&client->ssl, &previous->session);
    return client;
}

void ctls_client_free(ctls_client *client) {
    mbedtls_ssl_free(&client->ssl);
    mbedtls_ssl_config_free(&client->config);
    mbedtls_ssl_session_free(&client->session);
    mbedtls_pk_free(&client->key);
    free(client->message);
    free(client);
}

static void keep_session(ctls_client *client) {
    mbedtls_ssl_session_free(&client->session);
    mbedtls_ssl_session_init(&client->session);
    mbedtls_ssl_get_session(&client->ssl, &client->session);
}

int ctls_client_handshake(ctls_client *client) {
    int code = client->message == NULL ? mbedtls_ssl_handshake(&client->ssl) : ctls_client_forge(client);
    if (code == 0 && ctls_version_of(&client->ssl) == 0x0303) keep_session(client);
    return code;
}

int ctls_client_read(ctls_client *client, uint8_t *bytes, size_t count) {
    for (;;) {
        int code = mbedtls_ssl_read(&client->ssl, bytes, count);
#if CTLS_HAS_TLS13
        if (code == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
            keep_session(client);
            continue;
        }
#endif
        return code;
    }
}

int ctls_client_write(ctls_client *client, const uint8_t *bytes, size_t count) {
    return mbedtls_ssl_write(&client->ssl, bytes, count);
}

int ctls_client_close_notify(ctls_client *client) { return mbedtls_ssl_close_notify(&client->ssl); }

static int make_key(mbedtls_pk_context *key, unsigned rsa_bits) {
    int code = mbedtls_pk_setup(key, mbedtls_pk_info_from_type(rsa_bits ? MBEDTLS_PK_RSA : MBEDTLS_PK_ECKEY));
    if (code != 0) return code;
    return rsa_bits
        ? mbedtls_rsa_gen_key(mbedtls_pk_rsa(*key), ctls_random_bytes, NULL, rsa_bits, 65537)
        : mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key), ctls_random_bytes, NULL);
}

int ctls_client_make_identity(unsigned rsa_bits, char *certificate, char *key_text, size_t bytes) {
    mbedtls_pk_context key;
    mbedtls_x509write_cert writer;
    mbedtls_mpi serial;
    ctls_random_start();
    mbedtls_pk_init(&key);
    mbedtls_x509write_crt_init(&writer);
    mbedtls_mpi_init(&serial);
    int code = make_key(&key, rsa_bits);
    mbedtls_x509write_crt_set_version(&writer, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&writer, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&writer, &key);
    mbedtls_x509write_crt_set_issuer_key(&writer, &key);
    if (code == 0) code = mbedtls_mpi_lset(&serial, 1);
    if (code == 0) code = mbedtls_x509write_crt_set_serial(&writer, &serial);
    if (code == 0) code = mbedtls_x509write_crt_set_subject_name(&writer, "CN=localhost");
    if (code == 0) code = mbedtls_x509write_crt_set_issuer_name(&writer, "CN=localhost");
    if (code == 0) code = mbedtls_x509write_crt_set_validity(&writer, "20200101000000", "20990101000000");
    if (code == 0) code = mbedtls_x509write_crt_set_basic_constraints(&writer, 1, -1);
    if (code == 0)
        code = mbedtls_x509write_crt_pem(&writer, (unsigned char *)certificate, bytes, ctls_random_bytes, NULL);
    if (code == 0) code = mbedtls_pk_write_key_pem(&key, (unsigned char *)key_text, bytes);
    mbedtls_mpi_free(&serial);
    mbedtls_x509write_crt_free(&writer);
    mbedtls_pk_free(&key);
    return code;
}

static int decode(mbedtls_pem_context *pem, const char *text, const char *begin, const char *end) {
    size_t used;
    mbedtls_pem_init(pem);
    return mbedtls_pem_read_buffer(pem, begin, end, (const unsigned char *)text, NULL, 0, &used);
}

static uint32_t choose_first(const ctls_identity *identity, const uint8_t *name, size_t bytes) {
    (void)identity, (void)name, (void)bytes;
    return 1;
}

static ctls_identity_status accept_key(ctls_key_kind kind, uint32_t bits) {
    (void)kind, (void)bits;
    return CTLS_IDENTITY_OK;
}

ctls_identity *ctls_client_new_identity(void) {
    enum { TEXT_BYTES = 8192 };
    static char certificate[TEXT_BYTES], key[TEXT_BYTES];
    mbedtls_pem_context certificate_pem, key_pem;
    if (ctls_client_make_identity(0, certificate, key, TEXT_BYTES) != 0
        || decode(&certificate_pem, certificate, "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----") != 0
        || decode(&key_pem, key, "-----BEGIN EC PRIVATE KEY-----", "-----END EC PRIVATE KEY-----") != 0)
        return NULL;
    ctls_identity *identity = ctls_identity_create(choose_first);
    ctls_identity_status status = ctls_identity_add(
        identity, certificate_pem.buf, certificate_pem.buflen,
        key_pem.buf, key_pem.buflen, accept_key);
    mbedtls_pem_free(&certificate_pem);
    mbedtls_pem_free(&key_pem);
    return status == CTLS_IDENTITY_OK ? identity : NULL;
}
