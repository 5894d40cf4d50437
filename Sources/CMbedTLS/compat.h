// The differences between Mbed TLS 2.28 and 3.6, and the private fields and functions of the library that
// this module needs: all of them, each behind a name with the reason, and nothing else. Private to this
// module. Another file never uses a private field; a compiler with the headers of 3.6 refuses it there.
#ifndef CTLS_COMPAT_H
#define CTLS_COMPAT_H

#include <mbedtls/version.h>

// The oldest of 3.x: before it a man in the middle can be a client that resumes its session. SECURITY.md has
// the versions that are known.
#define CTLS_OLDEST_3 0x03060600
#define CTLS_FIRST_3 0x03000000
#define CTLS_FIRST_4 0x04000000
/// The version of the headers.
#define CTLS_COMPILED_WITH MBEDTLS_VERSION_NUMBER
#if MBEDTLS_VERSION_NUMBER >= CTLS_FIRST_3 && MBEDTLS_VERSION_NUMBER < CTLS_OLDEST_3
#error "Mbed TLS 3.x before 3.6.6 lets others resume a client's session (CVE-2026-34873); take a newer one."
#endif

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/pk.h>
#include <mbedtls/platform.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/x509_crt.h>

#if MBEDTLS_VERSION_NUMBER >= CTLS_OLDEST_3 && MBEDTLS_VERSION_NUMBER < CTLS_FIRST_4
#define CTLS_HAS_TLS13 1
#include <psa/crypto.h>
#elif MBEDTLS_VERSION_NUMBER >= 0x021C0000 && MBEDTLS_VERSION_NUMBER < 0x03000000
#define CTLS_HAS_TLS13 0
#include <mbedtls/entropy_poll.h>
#include <mbedtls/ssl_internal.h>
// 2.28 knows no private fields.
#define MBEDTLS_PRIVATE(field) field
#else
#error "Postern builds with Mbed TLS 2.28 and 3.6; teach compat.h this version."
#endif

// What was authorized is compared with the certificate that the library goes on with.
#if !defined(MBEDTLS_SSL_KEEP_PEER_CERTIFICATE)
#error "Postern needs an Mbed TLS with MBEDTLS_SSL_KEEP_PEER_CERTIFICATE, as its makers and Debian build it."
#endif

// Random numbers: 3.6 has a generator inside PSA, which TLS 1.3 uses anyway; 2.28 gets a CTR_DRBG of ours.
typedef struct {
#if !CTLS_HAS_TLS13
    mbedtls_ctr_drbg_context drbg;
#endif
    int ready;
} ctls_random;

extern ctls_random ctls_random_state;

/// Seeds the generator once; 0 or the library's error.
int ctls_random_start(void);
/// The generator in the form that the library's f_rng parameters want.
int ctls_random_bytes(void *unused, unsigned char *bytes, size_t count);

static inline int ctls_pk_parse_key(mbedtls_pk_context *key, const uint8_t *bytes, size_t count) {
#if CTLS_HAS_TLS13
    return mbedtls_pk_parse_key(key, bytes, count, NULL, 0, ctls_random_bytes, NULL);
#else
    return mbedtls_pk_parse_key(key, bytes, count, NULL, 0);
#endif
}

static inline int ctls_pk_check_pair(
    const mbedtls_pk_context *public_key, const mbedtls_pk_context *private_key
) {
#if CTLS_HAS_TLS13
    return mbedtls_pk_check_pair(public_key, private_key, ctls_random_bytes, NULL);
#else
    return mbedtls_pk_check_pair(public_key, private_key);
#endif
}

/// A key for calls that only read it: 2.28 writes its parameter without const.
static inline mbedtls_pk_context *ctls_pk_argument(const mbedtls_pk_context *key) {
    return (mbedtls_pk_context *)(uintptr_t)key;
}

static inline int ctls_pk_sign(
    mbedtls_pk_context *key, mbedtls_md_type_t hash, const unsigned char *digest,
    unsigned char *signature, size_t capacity, size_t *length
) {
#if CTLS_HAS_TLS13
    return mbedtls_pk_sign(key, hash, digest, 0, signature, capacity, length, ctls_random_bytes, NULL);
#else
    (void)capacity;     // its callers have room for any signature of keys in use here
    return mbedtls_pk_sign(key, hash, digest, 0, signature, length, ctls_random_bytes, NULL);
#endif
}

static inline void ctls_conf_versions(mbedtls_ssl_config *config, int tls13) {
#if CTLS_HAS_TLS13
    mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_max_tls_version(
        config, tls13 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_tls13_key_exchange_modes(config,
        MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL | MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL);
#else
    (void)tls13;
    mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_max_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
}

/// A client takes tickets, and TLS 1.2 only where `tls12` says so.
static inline void ctls_conf_client(mbedtls_ssl_config *config, int tls12) {
    mbedtls_ssl_conf_session_tickets(config, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
#if CTLS_HAS_TLS13
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
        config, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
    if (!tls12) mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_3);
#else
    (void)tls12;
#endif
}

/// Whether a read has met a ticket of TLS 1.3 instead of plain text.
static inline int ctls_is_new_ticket(int code) {
#if CTLS_HAS_TLS13
    return code == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET;
#else
    (void)code;
    return 0;
#endif
}

// Private fields. ARCHITECTURE.md lists them, and the private functions that are declared further below.

/// Where the handshake is, one of mbedtls_ssl_states: the client's Certificate message is read before the
/// library parses it, and after a step that takes time other connections get their turn.
static inline int ctls_state(const mbedtls_ssl_context *ssl) { return ssl->MBEDTLS_PRIVATE(state); }

static inline int ctls_is_handshake_over(const mbedtls_ssl_context *ssl) {
    return ctls_state(ssl) == MBEDTLS_SSL_HANDSHAKE_OVER;
}

/// The content type of the record that was received last, a MBEDTLS_SSL_MSG_... The library does not say
/// what it has received when it fails, nor which messages a handshake had.
static inline int ctls_content_type(const mbedtls_ssl_context *ssl) {
    return ssl->MBEDTLS_PRIVATE(in_msgtype);
}

/// What that record holds: a handshake message from its type on, an alert from its level on.
static inline const unsigned char *ctls_message(const mbedtls_ssl_context *ssl) {
    return ssl->MBEDTLS_PRIVATE(in_msg);
}

/// Bytes of a handshake message with its header; 0 where it is not whole.
static inline size_t ctls_message_bytes(const mbedtls_ssl_context *ssl) {
    size_t bytes = ssl->MBEDTLS_PRIVATE(in_hslen);
    return bytes <= ssl->MBEDTLS_PRIVATE(in_msglen) ? bytes : 0;
}

/// The header of the record as it came: the alert for a record that the library refuses depends on it.
static inline const unsigned char *ctls_record_header(const mbedtls_ssl_context *ssl) {
    return ssl->MBEDTLS_PRIVATE(in_hdr);
}

/// Whether the next bytes that are received begin a record. Only there can a call stop and lose nothing.
static inline int ctls_starts_record(const mbedtls_ssl_context *ssl) {
    return ssl->MBEDTLS_PRIVATE(in_left) == 0;
}

/// Whether a sealed record has not been sent to its end: the pages of the output buffer are in use.
static inline int ctls_has_output(const mbedtls_ssl_context *ssl) {
    return ssl->MBEDTLS_PRIVATE(out_left) != 0;
}

/// Plain text of a record that was received and not taken, in place: mbedtls_ssl_read would copy it. NULL
/// and 0 bytes for none.
static inline unsigned char *ctls_plain_text(const mbedtls_ssl_context *ssl, size_t *bytes) {
    unsigned char *start = ssl->MBEDTLS_PRIVATE(in_offt);
    *bytes = start != NULL ? ssl->MBEDTLS_PRIVATE(in_msglen) : 0;
    return start;
}

/// Wipes the first bytes of it and goes on behind them, as mbedtls_ssl_read does with what it has copied.
static inline void ctls_take_plain_text(mbedtls_ssl_context *ssl, size_t bytes) {
    mbedtls_platform_zeroize(ssl->MBEDTLS_PRIVATE(in_offt), bytes);
    ssl->MBEDTLS_PRIVATE(in_msglen) -= bytes;
    if (ssl->MBEDTLS_PRIVATE(in_msglen) == 0) {
        ssl->MBEDTLS_PRIVATE(in_offt) = NULL;
        ssl->MBEDTLS_PRIVATE(keep_current_message) = 0;
    } else {
        ssl->MBEDTLS_PRIVATE(in_offt) += bytes;
    }
}

/// The two record buffers: their pages are returned to the kernel when the connection closes, and an alert
/// that the library has sent is seen in the output buffer.
static inline unsigned char *ctls_input_buffer(const mbedtls_ssl_context *ssl) {
    return ssl->MBEDTLS_PRIVATE(in_buf);
}

static inline unsigned char *ctls_output_buffer(const mbedtls_ssl_context *ssl) {
    return ssl->MBEDTLS_PRIVATE(out_buf);
}

/// The session of a handshake that is under way, or NULL; and that of a handshake that is over, or NULL. The
/// peer's certificates in them are compared with what was authorized, and then freed.
static inline mbedtls_ssl_session *ctls_session_negotiated(const mbedtls_ssl_context *ssl) {
    return ssl->MBEDTLS_PRIVATE(session_negotiate);
}

static inline mbedtls_ssl_session *ctls_session_established(const mbedtls_ssl_context *ssl) {
    return ssl->MBEDTLS_PRIVATE(session);
}

/// Whichever of the two there is.
static inline const mbedtls_ssl_session *ctls_current_session(const mbedtls_ssl_context *ssl) {
    const mbedtls_ssl_session *negotiated = ctls_session_negotiated(ssl);
    return negotiated != NULL ? negotiated : ctls_session_established(ssl);
}

/// The peer's certificates in a session. mbedtls_ssl_get_peer_cert knows none before the handshake is over,
/// and leaves them in memory.
static inline mbedtls_x509_crt **ctls_certificates_of(mbedtls_ssl_session *session) {
    return &session->MBEDTLS_PRIVATE(peer_cert);
}

static inline const mbedtls_x509_crt *ctls_peer_certificate(const mbedtls_ssl_session *session) {
    return session->MBEDTLS_PRIVATE(peer_cert);
}

/// The number of a session's cipher suite. mbedtls_ssl_get_ciphersuite knows none before the handshake is
/// over.
static inline int ctls_suite_of(const mbedtls_ssl_session *session) {
    return session->MBEDTLS_PRIVATE(ciphersuite);
}

/// The curve of an elliptic key. 2.28 has no call for it, and its fields are public.
static inline mbedtls_ecp_group_id ctls_curve_of(const mbedtls_pk_context *key) {
#if CTLS_HAS_TLS13
    return mbedtls_ecp_keypair_get_group_id(mbedtls_pk_ec(*key));
#else
    return mbedtls_pk_ec(*key)->grp.id;
#endif
}

/// Whether a handshake message is being put together that comes in several records. 2.28 takes none such.
static inline int ctls_is_assembling(const mbedtls_ssl_context *ssl) {
#if CTLS_HAS_TLS13
    return ssl->MBEDTLS_PRIVATE(badmac_seen_or_in_hsfraglen) != 0;
#else
    (void)ssl;
    return 0;
#endif
}

/// Whether a server's next step takes time: it makes or checks signatures, or multiplies points.
static inline int ctls_is_costly(const mbedtls_ssl_context *ssl) {
    switch (ctls_state(ssl)) {
    case MBEDTLS_SSL_CLIENT_HELLO:          // the clients of tickets are authorized in it
    case MBEDTLS_SSL_SERVER_HELLO:          // the key exchange of TLS 1.3
    case MBEDTLS_SSL_SERVER_KEY_EXCHANGE:
    case MBEDTLS_SSL_CLIENT_CERTIFICATE:
    case MBEDTLS_SSL_CLIENT_KEY_EXCHANGE:
    case MBEDTLS_SSL_CERTIFICATE_VERIFY:    // the client's in TLS 1.2, the server's in 1.3
#if CTLS_HAS_TLS13
    case MBEDTLS_SSL_CLIENT_CERTIFICATE_VERIFY:
#endif
        return 1;
    default:
        return 0;
    }
}

#if CTLS_HAS_TLS13
// Exported by the archive, in no installed header.
void mbedtls_ssl_handshake_free(mbedtls_ssl_context *ssl);
int mbedtls_ssl_read_record(mbedtls_ssl_context *ssl, unsigned update_hs_digest);
int mbedtls_ssl_flush_output(mbedtls_ssl_context *ssl);
void mbedtls_ssl_set_outbound_transform(mbedtls_ssl_context *ssl, mbedtls_ssl_transform *transform);
#endif

/// Sends what waits. The library's public calls do so only on the way to something else.
static inline int ctls_flush(mbedtls_ssl_context *ssl) { return mbedtls_ssl_flush_output(ssl); }

/// Frees what only the handshake needed, once it is over. 2.28 does so itself, 3.6 only after a handshake of
/// TLS 1.2: 7 KiB that a connection of TLS 1.3 would keep for its life.
static inline void ctls_end_handshake(mbedtls_ssl_context *ssl) {
#if CTLS_HAS_TLS13
    mbedtls_ssl_handshake_free(ssl);
    mbedtls_free(ssl->MBEDTLS_PRIVATE(handshake));
    ssl->MBEDTLS_PRIVATE(handshake) = NULL;
#else
    (void)ssl;
#endif
}

/// Takes back what mbedtls_ssl_set_hs_own_cert gave to a handshake. 2.28 has no call for it.
static inline int ctls_clear_own_certificates(mbedtls_ssl_context *ssl) {
#if CTLS_HAS_TLS13
    return mbedtls_ssl_set_hs_own_cert(ssl, NULL, NULL);
#else
    while (ssl->handshake->sni_key_cert != NULL) {
        mbedtls_ssl_key_cert *first = ssl->handshake->sni_key_cert;
        ssl->handshake->sni_key_cert = first->next;
        mbedtls_free(first);
    }
    return 0;
#endif
}

static inline uint16_t ctls_version_of(const mbedtls_ssl_context *ssl) {
#if CTLS_HAS_TLS13
    return (uint16_t)mbedtls_ssl_get_version_number(ssl);
#else
    (void)ssl;
    return 0x0303;
#endif
}

/// The version under which a session was made. Tickets of 2.28 do not say it: there is only one.
static inline uint16_t ctls_version_of_ticket(const mbedtls_ssl_session *session) {
#if CTLS_HAS_TLS13
    return (uint16_t)session->MBEDTLS_PRIVATE(tls_version);
#else
    (void)session;
    return 0x0303;
#endif
}

/// RFC 8446, appendix A.2: after its Finished a server sends with the keys for application data. 3.6 does so
/// only after the client's; until then the client could not read an alert.
static inline void ctls_use_application_keys(mbedtls_ssl_context *ssl) {
#if CTLS_HAS_TLS13
    if (ctls_version_of(ssl) != 0x0304) return;
    switch (ctls_state(ssl)) {
    case MBEDTLS_SSL_CLIENT_CERTIFICATE:
    case MBEDTLS_SSL_CLIENT_CERTIFICATE_VERIFY:
    case MBEDTLS_SSL_CLIENT_FINISHED:
        if (ssl->MBEDTLS_PRIVATE(transform_out) != ssl->MBEDTLS_PRIVATE(transform_application))
            mbedtls_ssl_set_outbound_transform(ssl, ssl->MBEDTLS_PRIVATE(transform_application));
    }
#else
    (void)ssl;
#endif
}

/// Readies a client's alert for a server that it has met and shows nothing of itself. Where something waits
/// to be sent, the library would send that alone. In TLS 1.3 the server reads the alert with the handshake's
/// keys by then, which 3.6 uses from the client's Certificate message on.
static inline void ctls_prepare_refusal(mbedtls_ssl_context *ssl) {
    if (ctls_flush(ssl) != 0) return;
#if CTLS_HAS_TLS13
    if (ctls_version_of(ssl) == 0x0304 && ctls_state(ssl) == MBEDTLS_SSL_CLIENT_CERTIFICATE)
        mbedtls_ssl_set_outbound_transform(ssl, ssl->MBEDTLS_PRIVATE(transform_in));
#endif
}

/// Sends what waits, then receives the next handshake message and leaves it for the library's next step.
static inline int ctls_peek_message(mbedtls_ssl_context *ssl) {
    int is_tls13 = ctls_version_of(ssl) == 0x0304;
    int code = ctls_flush(ssl);
    if (code != 0) return code;
    ctls_use_application_keys(ssl);
    code = mbedtls_ssl_read_record(ssl, !is_tls13);     // TLS 1.3 adds to the transcript later
    if (code == 0) ssl->MBEDTLS_PRIVATE(keep_current_message) = 1;
    return code;
}

#endif
