// What is inside a session, for the files that serve its two sides. Private to this module.
#ifndef CTLS_SESSION_PRIVATE_H
#define CTLS_SESSION_PRIVATE_H

#include "context.h"
#include "ctls_client_session.h"
#include "ctls_session.h"

struct ctls_session {
    mbedtls_ssl_context ssl;    // first: the library's callbacks know a session by it
    ctls_context *context;
    ctls_identity *identity;    // held from begin to the end of the handshake
    void *stream;
    ctls_receive receive;
    ctls_send send;
    ctls_failure failure;
    uint8_t ended;              // the stream returned 0: tells the end from an empty record
    uint8_t sealed;             // a record of plain text is sealed and not yet wholly sent
    uint8_t resumed;
    uint8_t name_unknown;       // the client asked for a name that is not served here
    // Of a client:
    ctls_resumption *resumption;    // where it keeps what the server gives it for the next connection
    uint16_t group;             // of the key exchange, 0 while unknown
    uint8_t certificate_seen;   // the server has shown one, as it does in every full handshake
    uint8_t certificate_wanted; // the server has asked for one
};

/// Forgets the connection before and notes the stream of a new one.
void ctls_session_attach(ctls_session *session, void *stream, ctls_send send, ctls_receive receive);

/// The handshake of a client. Returns what the library does.
int ctls_client_handshake_steps(ctls_session *session);
/// Keeps what the server has given to resume the session. Returns 0.
int ctls_client_keep(ctls_session *session);

#endif
