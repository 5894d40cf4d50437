// A hostile client: its Certificate message is whatever a test wants, byte for byte, and everything behind it is
// right: the transcript has that message, and CertificateVerify is made with the client's own key.
#define MBEDTLS_ALLOW_PRIVATE_ACCESS    // of 3.6: it sends what the library would not
#include "client.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER_BYTES = 4 };

// Exported by the archive, in no installed header.
#if CTLS_HAS_TLS13
int mbedtls_ssl_write_handshake_msg_ext(mbedtls_ssl_context *ssl, int update_checksum, int force_flush);
int mbedtls_ssl_add_hs_msg_to_checksum(
    mbedtls_ssl_context *ssl, unsigned type, unsigned char const *message, size_t count);
#endif

int ctls_client_show(ctls_client *client, const uint8_t *key, size_t key_bytes, const uint8_t *body, size_t bytes) {
    mbedtls_pk_init(&client->key);
    mbedtls_x509_crt_init(&client->nothing);
    client->message = calloc(1, bytes + 1);
    client->message_bytes = bytes;
    memcpy(client->message, body, bytes);
    int error = ctls_pk_parse_key(&client->key, key, key_bytes);
    return error != 0 ? error : mbedtls_ssl_conf_own_cert(&client->config, &client->nothing, &client->key);
}

static int send_message(ctls_client *client) {
    mbedtls_ssl_context *ssl = &client->ssl;
    ssl->out_msgtype = MBEDTLS_SSL_MSG_HANDSHAKE;
    ssl->out_msg[0] = MBEDTLS_SSL_HS_CERTIFICATE;
    ssl->out_msglen = HEADER_BYTES + client->message_bytes;
    memcpy(ssl->out_msg + HEADER_BYTES, client->message, client->message_bytes);
#if CTLS_HAS_TLS13
    if (ctls_version_of(ssl) == 0x0304) {
        // The keys of the handshake are in use for what comes in.
        mbedtls_ssl_set_outbound_transform(ssl, ssl->transform_in);
        int error = mbedtls_ssl_add_hs_msg_to_checksum(
            ssl, MBEDTLS_SSL_HS_CERTIFICATE, ssl->out_msg + HEADER_BYTES, client->message_bytes);
        ssl->state = MBEDTLS_SSL_CLIENT_CERTIFICATE_VERIFY;
        return error != 0 ? error : mbedtls_ssl_write_handshake_msg_ext(ssl, 0, 1);
    }
    ssl->state++;
    return mbedtls_ssl_write_handshake_msg_ext(ssl, 1, 1);
#else
    ssl->state++;
    return mbedtls_ssl_write_handshake_msg(ssl);
#endif
}

int ctls_client_forge(ctls_client *client) {
    mbedtls_ssl_context *ssl = &client->ssl;
    while (ssl->state != MBEDTLS_SSL_HANDSHAKE_OVER) {
        if (ssl->state == MBEDTLS_SSL_CERTIFICATE_REQUEST) client->was_asked = 1;    // no resumption comes by
        int is_due = ssl->state == MBEDTLS_SSL_CLIENT_CERTIFICATE && client->was_asked;
        int code = is_due ? mbedtls_ssl_flush_output(ssl) : 0;
        if (code == 0) code = is_due ? send_message(client) : mbedtls_ssl_handshake_step(ssl);
        if (code != 0) return code;
    }
    return 0;
}
