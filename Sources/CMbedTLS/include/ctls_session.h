// One TLS connection, server side, over two callbacks. It owns no socket and never waits: whatever cannot go
// on returns CTLS_WANT_READ or CTLS_WANT_WRITE, which only the callbacks say, and is called again with the
// same arguments. CTLS_AGAIN is the same without a reason to wait: no call takes in many records, and a
// server's handshake stops after each step that takes time.
#ifndef CTLS_SESSION_H
#define CTLS_SESSION_H

#include "ctls_context.h"
#include "ctls_identity.h"

typedef struct ctls_session ctls_session;

/// Returns bytes sent or received, 0 for the end of the stream (receive only), CTLS_WANT_READ,
/// CTLS_WANT_WRITE or CTLS_RESET.
typedef int (*ctls_send)(void *stream, const unsigned char *bytes, size_t count);
typedef int (*ctls_receive)(void *stream, unsigned char *bytes, size_t count);

/// Makes a session; its record buffers (two of 16 KiB and a little) come out of the arena now.
int ctls_session_create(ctls_session **session, ctls_context *context, ctls_failure *failure);
void ctls_session_free(ctls_session *session);

/// Starts a connection on a new or recycled session. Holds a reference to the identity until the handshake
/// ends.
int ctls_session_begin(
    ctls_session *session, ctls_identity *identity,
    void *stream, ctls_send send, ctls_receive receive);

/// 0 when the handshake is complete.
int ctls_session_handshake(ctls_session *session);

/// Bytes of plain text, at most one record's; CTLS_CLOSE_NOTIFY or CTLS_END_OF_STREAM when no more will
/// come.
int ctls_session_read(ctls_session *session, uint8_t *bytes, size_t count);

/// The same without copying: makes a record available, unless there is plain text that was not taken yet,
/// and says how many bytes there are.
int ctls_session_look(ctls_session *session);
/// Those bytes, where they were decrypted.
uint8_t *ctls_session_plain_text(const ctls_session *session, size_t *count);
/// The first `count` of them are done with: they are wiped.
void ctls_session_take(ctls_session *session, size_t count);

/// Writes one record and returns `count`. After CTLS_WANT_WRITE the record is already sealed: the call is
/// repeated with the same count, and `bytes` is not read again.
int ctls_session_write(ctls_session *session, const uint8_t *bytes, size_t count);

/// 0 when close_notify has left.
int ctls_session_close_notify(ctls_session *session);

/// 0 when what was sealed has left.
int ctls_session_flush(ctls_session *session);

/// 0 when a fatal alert has left, behind what was sealed before.
int ctls_session_alert(ctls_session *session, uint8_t description);

/// Wipes all of the connection, keeps the memory for the next one and gives the pages of its buffers back.
int ctls_session_recycle(ctls_session *session);

/// After CTLS_FAILED: why.
ctls_failure ctls_session_failure(const ctls_session *session);

/// Not 0 while bytes that were received wait inside, so that the stream need not become readable again.
int ctls_session_has_input(const ctls_session *session);

// The rest is valid once the handshake is complete.

/// The most plain text that ctls_session_write takes at once, 512 to 16384 (RFC 6066 max_fragment_length).
size_t ctls_session_payload_limit(ctls_session *session);
/// 0x0303 for TLS 1.2, 0x0304 for TLS 1.3.
uint16_t ctls_session_version(const ctls_session *session);
/// Not 0 when a ticket of this context was accepted.
int ctls_session_resumed(const ctls_session *session);
/// The server name that the client asked for, with a zero behind it; 0 bytes for none.
const uint8_t *ctls_session_server_name(const ctls_session *session, size_t *bytes);
/// The application protocol that was negotiated, NULL for none.
const char *ctls_session_protocol(const ctls_session *session);
/// Whether the client was authorized without a revocation check, when it was authorized last.
int ctls_session_unchecked(const ctls_session *session);
/// The certificates that the client has shown, in DER, one behind the other; NULL when it showed none.
const uint8_t *ctls_session_client_chain(const ctls_session *session, size_t *bytes);
/// Authorizes the client once more: 0, or the reason of the verdict for which it may not stay.
int32_t ctls_session_authorize(ctls_session *session);
/// The suite's name in Mbed TLS's spelling, never NULL.
const char *ctls_session_suite(const ctls_session *session);

#endif
