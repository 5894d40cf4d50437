// Session tickets that also carry the client's certificates. Private to this module.
#ifndef CTLS_TICKETS_PRIVATE_H
#define CTLS_TICKETS_PRIVATE_H

#include "compat.h"

enum { CTLS_KEY_NAME_BYTES = 4, CTLS_CHAIN_KEY_BYTES = 32 };

typedef struct {
    unsigned char name[CTLS_KEY_NAME_BYTES];    // of the library's ticket key that it goes with
    unsigned char bytes[CTLS_CHAIN_KEY_BYTES];
    int used;
} ctls_chain_key;

typedef struct {
    mbedtls_ssl_ticket_context library;
    ctls_chain_key chain_keys[2];               // the present one and the one before
    int present;
} ctls_tickets;

/// Sets up the library's part: keys that are replaced when they are `seconds` old.
int ctls_tickets_start(ctls_tickets *tickets, uint32_t seconds);

/// The callbacks of the library; their parameter is a ctls_context.
int ctls_ticket_write(
    void *parameter, const mbedtls_ssl_session *session,
    unsigned char *start, const unsigned char *end, size_t *length, uint32_t *lifetime);
int ctls_ticket_accept(
    void *parameter, mbedtls_ssl_session *session, unsigned char *ticket, size_t bytes);

#endif
