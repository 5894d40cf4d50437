// What all sessions of a server, or of a client, share: versions, suites, groups, tickets, random numbers.
#ifndef CTLS_CONTEXT_H
#define CTLS_CONTEXT_H

#include "ctls_status.h"

typedef struct ctls_context ctls_context;

#define CTLS_GROUP_LIMIT 3  ///< P-256, X25519 and P-384
#define CTLS_ALPN_LIMIT 4

/// Groups for the key exchange, by their number in the IANA registry "TLS Supported Groups".
typedef enum {
    CTLS_GROUP_SECP256R1 = 23,
    CTLS_GROUP_SECP384R1 = 24,
    CTLS_GROUP_X25519 = 29,
} ctls_group;

typedef enum {
    CTLS_CLIENTS_NONE,      ///< they are not asked for a certificate
    CTLS_CLIENTS_OPTIONAL,  ///< one without is served, one with a bad one is not
    CTLS_CLIENTS_REQUIRED,
} ctls_clients;

// Bounds of what a client shows; more is refused.
#define CTLS_CLIENT_CHAIN_BYTES 4096    ///< of its certificates in DER: two with RSA-4096, or six with P-256
#define CTLS_CLIENT_CHAIN_CERTIFICATES 8
#define CTLS_CLIENT_CHAIN_ARENA_BYTES 32768    ///< that parsing them and authorizing the client may take

/// Authorizes a client by its certificates in DER, one behind the other, its own first. Returns 0 when it is
/// authorized, CTLS_CLIENT_UNCHECKED when it is without a revocation check, or the ctls_failure_kind that
/// says why not. Called for full and resumed handshakes alike.
#define CTLS_CLIENT_UNCHECKED (-1)
typedef int32_t (*ctls_authorize)(void *parameter, const uint8_t *chain, size_t bytes);

typedef struct {
    ctls_clients clients;                   ///< unless none, ctls_context_set_authorizer is called next
    uint8_t chacha_first;                   ///< ChaCha20-Poly1305 before AES-GCM
    uint8_t tls13;                          ///< offer TLS 1.3 where the library has it
    uint8_t is_client;                      ///< for sessions that are begun with ctls_session_begin_client
    uint8_t tls12;                          ///< of a client: offer TLS 1.2
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
