// A TLS client of Mbed TLS for the tests, over the same callbacks as a session; and an identity made at run
// time.
#ifndef CTLS_CLIENT_H
#define CTLS_CLIENT_H

#include <stddef.h>
#include <stdint.h>

typedef struct ctls_client ctls_client;

typedef int (*ctls_client_send)(void *stream, const unsigned char *bytes, size_t count);
typedef int (*ctls_client_receive)(void *stream, unsigned char *bytes, size_t count);

/// Not 0 when the library has TLS 1.3.
int ctls_client_has_tls13(void);

/// Verifies nothing. `small_records` negotiates records of 512 bytes (RFC 6066); `previous` gives its
/// session to be resumed, or NULL.
ctls_client *ctls_client_create(
    int tls13, int small_records, const ctls_client *previous,
    void *stream, ctls_client_send send, ctls_client_receive receive);
void ctls_client_free(ctls_client *client);

/// What it will send as the body of its Certificate message, whatever that is, and the key (PEM, with the zero
/// byte counted) with which it proves that it is who it is. 0 when done. Before the handshake, or never.
int ctls_client_show(ctls_client *client, const uint8_t *key, size_t key_bytes, const uint8_t *body, size_t bytes);

// 0 or a count when done, below zero what Mbed TLS returned; a new ticket is taken and passed over.
int ctls_client_handshake(ctls_client *client);
int ctls_client_read(ctls_client *client, uint8_t *bytes, size_t count);
int ctls_client_write(ctls_client *client, const uint8_t *bytes, size_t count);
int ctls_client_close_notify(ctls_client *client);

/// Writes a new key (RSA of `rsa_bits`, or P-256 if 0) and a certificate signed with it as PEM text. 0 when
/// done.
int ctls_client_make_identity(unsigned rsa_bits, char *certificate, char *key, size_t bytes);

#endif
