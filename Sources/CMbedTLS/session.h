// What is inside a session, for the files that serve its two sides. Private to this module.
#ifndef CTLS_SESSION_PRIVATE_H
#define CTLS_SESSION_PRIVATE_H

#include "context.h"
#include "identity.h"
#include "ctls_client_session.h"
#include "ctls_session.h"

/// How far the look at a client's Certificate message has come.
enum {
    CTLS_CLIENT_CHAIN_UNSEEN,
    CTLS_CLIENT_CHAIN_SEEN,        // it is there
    CTLS_CLIENT_CHAIN_AUTHORIZED,  // it, or a message without a certificate, is good for the server's rules
    CTLS_CLIENT_CHAIN_CONFIRMED,   // and the library goes on with the key of what was authorized
};

struct ctls_session {
    mbedtls_ssl_context ssl;    // first: the library's callbacks know a session by it
    ctls_context *context;
    ctls_identity *identity;    // held from begin to the end of the handshake
    void *stream;
    ctls_receive receive;
    ctls_send send;
    ctls_failure failure;
    // Of the call that is under way (traffic.c):
    uint8_t must_wait;          // the stream said that it cannot go on now, or not at all
    uint8_t has_sent;
    uint8_t is_reading;
    uint8_t records;            // that were begun in it
    // Of the connection:
    uint8_t idle_records;       // begun since something came of one
    uint8_t is_flooded;         // with records of which nothing comes
    uint8_t said_close_notify;  // close_notify is sealed, if it has not left
    uint8_t said_alert;         // a fatal alert of a service's is sealed, if it has not left
    uint8_t ended;              // the stream returned 0: tells the end from an empty record
    uint8_t sealed;             // a record of plain text is sealed and not yet wholly sent
    uint8_t resumed;
    uint8_t name_unknown;       // the client asked for a name that is not served here
    uint8_t name[CTLS_NAME_DIGEST_BYTES];   // of the name that it asked for; zeros for none
    uint8_t server_name_bytes;  // 0 for none
    uint8_t server_name[256];   // that name, and a zero behind it (RFC 1035: 255 bytes at most)
    // What a client has shown to a server:
    uint8_t *client_chain;      // its certificates in DER, one behind the other; NULL for none
    size_t client_chain_bytes;
    size_t client_chain_first_bytes;    // of its own, the first one, where they come from a message
    uint8_t client_chain_stage;
    uint8_t unchecked;          // authorized without a revocation check, if it proves its key
    // Of a client:
    ctls_resumption *resumption;    // where it keeps what the server gives it for the next connection
    uint16_t group;             // of the key exchange, 0 while unknown
    uint16_t hello_version;     // what the server's hello says that it has chosen, 0 before
    uint8_t certificate_wanted; // the server has asked for one
};

/// Forgets the connection before and notes the stream of a new one.
void ctls_session_attach(ctls_session *session, void *stream, ctls_send send, ctls_receive receive);

/// The library's callbacks; their parameter is the session.
int ctls_traffic_receive(void *session, unsigned char *bytes, size_t count);
int ctls_traffic_send(void *session, const unsigned char *bytes, size_t count);
/// Starts a call of ours that will use them.
void ctls_traffic_begin(ctls_session *session);
/// Something came of what was received.
void ctls_traffic_progress(ctls_session *session);

/// Records that one call takes in. The longest flight of a client has five.
#define CTLS_RECORDS_PER_CALL 8
/// Records in a row of which nothing comes, before their sender is refused. A client has reason for one or
/// two; parts of one handshake message do not count.
#define CTLS_IDLE_RECORDS 32

/// Sends a fatal alert behind what is pending. Returns 0 or what the library does.
int ctls_alert_send(ctls_session *session, unsigned char alert);
/// After a failure for the peer's fault: sends the alert for it, unless the library has.
void ctls_alert_say_why(ctls_session *session);

/// Looks at the client's Certificate message before the library does, once it is there. 0 when the handshake
/// may go on, an error of the library, or CTLS_CLIENT_CHAIN_REFUSED with the reason in `failure`.
int ctls_client_chain_look(ctls_session *session);
#define CTLS_CLIENT_CHAIN_REFUSED 1

/// Compares what was authorized with what the library has made of the same message, once it has parsed it:
/// it passes over certificates with a signature algorithm that it does not know, and would have the next
/// one's key prove who the client is. 0, or CTLS_CLIENT_CHAIN_REFUSED with the reason in `failure`.
int ctls_client_chain_confirm(ctls_session *session);

/// Keeps a copy of a client's certificates in DER. Returns 0 or an error of the library.
int ctls_client_chain_keep(ctls_session *session, const uint8_t *chain, size_t bytes);
void ctls_client_chain_forget(ctls_session *session);

/// Whether the client of this session is authorized under the present rules.
ctls_verdict ctls_client_chain_authorize(ctls_session *session);

/// What must be true at the end of a handshake: the client was authorized and its key confirmed, or its
/// session was resumed, which authorizes it too.
static inline int ctls_client_chain_is_settled(const ctls_session *session) {
    return !session->context->asks_clients || session->resumed
        || session->client_chain_stage == CTLS_CLIENT_CHAIN_CONFIRMED;
}

/// Frees what the library need not keep of the client's certificates: all but the first once the client is
/// authorized, and that one too when the handshake is over.
void ctls_client_chain_trim(mbedtls_ssl_session *session, int is_over);

/// The handshake of a client, to its end or as far as the server has proven who it is and nothing that tells
/// who the client is has been sent. Returns what the library does.
int ctls_client_handshake_steps(ctls_session *session, int to_the_end);
/// Keeps what the server has given to resume the session. Returns 0.
int ctls_client_keep(ctls_session *session);

#endif
