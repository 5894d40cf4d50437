// What all sessions of a server, or of a client, share: versions, suites, groups, tickets, random numbers.
#ifndef CTLS_CONTEXT_H
#define CTLS_CONTEXT_H

#include "ctls_status.h"

typedef struct ctls_context ctls_context;

#define CTLS_GROUP_LIMIT 3  ///< P-256, X25519 and P-384
#define CTLS_ALPN_LIMIT 4
#define CTLS_SUITE_LIMIT 9
#define CTLS_SCHEME_LIMIT 9

/// Groups for the key exchange, by their number in the IANA registry "TLS Supported Groups".
typedef enum {
    CTLS_GROUP_SECP256R1 = 23,
    CTLS_GROUP_SECP384R1 = 24,
    CTLS_GROUP_X25519 = 29,
} ctls_group;

// Bounds of what a client shows; more is refused.
#define CTLS_CLIENT_CHAIN_BYTES 4096    ///< of its certificates in DER: two with RSA-4096, or six with P-256
#define CTLS_CLIENT_CHAIN_CERTIFICATES 9        ///< its own and 8 intermediates, the longest path
#define CTLS_CLIENT_CHAIN_ARENA_BYTES 32768    ///< that parsing them and authorizing the client may take

/// What a client has shown.
typedef enum {
    CTLS_CHAIN_WHOLE,           ///< to be verified: the only one that comes with bytes
    CTLS_CHAIN_MISSING,         ///< no certificate
    CTLS_CHAIN_TOO_LONG,        ///< more than the bounds above
    CTLS_CHAIN_INVALID,         ///< a message or a certificate that is none, or not the client's own
    CTLS_CHAIN_OUT_OF_MEMORY,   ///< no room to keep it
} ctls_chain_state;

typedef struct {
    int32_t reason;         ///< why the client is refused, in the caller's numbers; 0 for authorized
    uint8_t alert;          ///< that tells the client (RFC 5246, section 7.2.2, RFC 8446, section 6.2)
    uint8_t is_unchecked;   ///< it is authorized without a revocation check
} ctls_verdict;

/// Authorizes a client by its certificates in DER, one behind the other, its own first. Called for full and
/// resumed handshakes alike.
typedef ctls_verdict (*ctls_authorize)(
    void *parameter, ctls_chain_state state, int is_tls13, const uint8_t *chain, size_t bytes);

typedef struct {
    uint8_t asks_clients;                   ///< for certificates; ctls_context_set_authorizer comes next
    uint8_t tls13;                          ///< offer TLS 1.3 where the library has it
    uint8_t is_client;                      ///< for sessions that are begun with ctls_session_begin_client
    uint8_t tls12;                          ///< of a client: offer TLS 1.2
    int32_t suites[CTLS_SUITE_LIMIT + 1];   ///< from the IANA registry, best first, then 0
    uint16_t signatures[CTLS_SCHEME_LIMIT + 1];     ///< the same for "TLS SignatureScheme"
    uint16_t groups[CTLS_GROUP_LIMIT];      ///< ctls_group, best first; unused ones 0
    uint32_t ticket_seconds;                ///< life of a server's ticket, half that of its key; 0 for none
    const char *alpn[CTLS_ALPN_LIMIT];      ///< protocol names, best first, then NULL; they outlive it
} ctls_settings;

/// Makes the context. On failure *context is NULL.
int ctls_context_create(ctls_context **context, const ctls_settings *settings, ctls_failure *failure);
/// Who authorizes clients.
void ctls_context_set_authorizer(ctls_context *context, ctls_authorize authorize, void *parameter);
void ctls_context_free(ctls_context *context);

#endif
