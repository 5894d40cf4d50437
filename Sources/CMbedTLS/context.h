// What is inside a context, for the sessions made from it. Private to this module.
#ifndef CTLS_CONTEXT_PRIVATE_H
#define CTLS_CONTEXT_PRIVATE_H

#include "compat.h"
#include "ctls_session.h"
#include "tickets.h"

struct ctls_context {
    mbedtls_ssl_config config;
    ctls_tickets tickets;
    const char *alpn[CTLS_ALPN_LIMIT + 1];      // ended by NULL, as the library wants it
    uint16_t groups[CTLS_GROUP_LIMIT + 1];      // ended by 0
    int32_t suites[CTLS_SUITE_LIMIT + 1];       // the library has int, which is the same on every port
    uint16_t signatures[CTLS_SCHEME_LIMIT + 1];
    int asks_clients;
    ctls_authorize authorize;
    void *authorize_parameter;
    ctls_session *active;                       // whose handshake runs: the ticket callbacks are not told
};

/// Called in a handshake with the name that the client asks for; chooses the chain (session.c).
int ctls_session_choose_name(
    void *unused, mbedtls_ssl_context *ssl, const unsigned char *name, size_t bytes);

#endif
