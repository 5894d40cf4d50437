// A session that is the client: how it begins, and what it learns of the server. Everything else is as in
// ctls_session.h. It verifies nothing itself: whoever makes it meets the server, verifies its chain unless
// the session was resumed, and then ends the handshake or refuses the server by an alert.
#ifndef CTLS_CLIENT_SESSION_H
#define CTLS_CLIENT_SESSION_H

#include "ctls_session.h"

/// What a server gave to resume a session: a ticket, or the number of a session.
typedef struct ctls_resumption ctls_resumption;

/// NULL when the arena has no room.
ctls_resumption *ctls_resumption_create(void);
void ctls_resumption_free(ctls_resumption *resumption);
/// How many times a server has given something; 0 while there is nothing to resume.
uint32_t ctls_resumption_count(const ctls_resumption *resumption);

/// Gives all sessions of a client's context a certificate to show when a server asks; the identity must
/// outlive them. Returns 0, or CTLS_FAILED without room.
int ctls_context_show(ctls_context *context, ctls_identity *identity);

/// Starts a connection to a server on a new or recycled session. `name` is what the server is asked for
/// (SNI), NULL for nothing. What `resumption` holds is offered, and replaced by what the server gives; it
/// must outlive the connection.
int ctls_session_begin_client(
    ctls_session *session, const char *name, ctls_resumption *resumption,
    void *stream, ctls_send send, ctls_receive receive);

/// Begins the handshake and goes on until the server has proven that the chain it sent is its own, or that
/// it resumes what was offered. The client's own certificate has not been sent by then. Returns as
/// ctls_session_handshake does, which is called next and ends the handshake.
int ctls_session_meet_server(ctls_session *session);

/// Alerts of a client that refuses a certificate (RFC 8446, section 6.2).
typedef enum {
    CTLS_ALERT_BAD_CERTIFICATE = 42,
    CTLS_ALERT_CERTIFICATE_EXPIRED = 45,
    CTLS_ALERT_ILLEGAL_PARAMETER = 47,
    CTLS_ALERT_UNKNOWN_CA = 48,
} ctls_alert;

/// Tells a server that was met why it is refused, if that can be done at once. The session then serves for
/// nothing more: to read from it would go on with the handshake.
void ctls_session_refuse(ctls_session *session, ctls_alert alert);

/// After a failure by the peer's alert: its number.
uint8_t ctls_session_peer_alert(const ctls_session *session);
/// After a failure: not 0 when the server wanted new keys in mid-connection, which the library has not.
int ctls_session_was_asked_for_keys(const ctls_session *session);

// The rest is valid once the server has been met.

/// Certificate `index` of the server's chain in DER, its own first; NULL past the end. As long as the
/// connection lives.
const uint8_t *ctls_session_peer_certificate(const ctls_session *session, size_t index, size_t *bytes);
/// The group of the key exchange by its number in the IANA registry "TLS Supported Groups"; 0 when none was
/// negotiated, as in a session of TLS 1.2 that is resumed.
uint16_t ctls_session_group(const ctls_session *session);
/// The ALPN name that the server chose, or NULL.
const char *ctls_session_alpn(const ctls_session *session);
/// Not 0 when the server asked for a certificate.
int ctls_session_certificate_wanted(const ctls_session *session);

#endif
