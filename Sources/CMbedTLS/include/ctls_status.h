// What a call of this module can return, and why one failed. Part of the public face: fixed-width types
// only.
#ifndef CTLS_STATUS_H
#define CTLS_STATUS_H

#include <stddef.h>
#include <stdint.h>

// Zero or more: done, or a count of bytes. Below zero: one of these. The values of the first three are Mbed
// TLS's own (status.c asserts it), so that the callbacks of a session are handed to the library as they are.
#define CTLS_WANT_READ (-0x6900)    ///< call again when bytes have come in
#define CTLS_WANT_WRITE (-0x6880)   ///< call again when bytes can go out
#define CTLS_RESET (-0x0050)        ///< the peer reset the stream
#define CTLS_CLOSE_NOTIFY (-1)      ///< the peer said that it sends no more
#define CTLS_END_OF_STREAM (-2)     ///< the stream ended without close_notify
#define CTLS_FAILED (-3)            ///< see the failure that comes with it
#define CTLS_AGAIN (-4)             ///< call again at once, after others had their turn

/// Whose fault a failure was and in which words; the library's own code goes into the log beside it.
typedef enum {
    CTLS_FAILURE_INTERNAL,              ///< a fault of ours or of the machine
    CTLS_FAILURE_OUT_OF_MEMORY,         ///< the arena had no room
    CTLS_FAILURE_PROTOCOL_VERSION,      ///< no TLS version in common
    CTLS_FAILURE_NO_SHARED_PARAMETERS,  ///< no cipher suite, group, signature or ALPN name in common
    CTLS_FAILURE_MALFORMED,             ///< not TLS, or a message that breaks its rules
    CTLS_FAILURE_BAD_RECORD,            ///< a record that fails authentication
    CTLS_FAILURE_PEER_ALERT,            ///< the peer gave up with a fatal alert
    CTLS_FAILURE_UNKNOWN_NAME,          ///< the client asked for a name that is not served here
    CTLS_FAILURE_RECORD_FLOOD,          ///< too many records in a row of which nothing came
    CTLS_FAILURE_CLIENT_INVALID,        ///< the library cannot go on with what the client has shown
    CTLS_FAILURE_CLIENT_REFUSED,        ///< a ctls_verdict, whose reason stands beside
} ctls_failure_kind;

typedef struct {
    ctls_failure_kind kind;
    int32_t code;           ///< of Mbed TLS, zero or negative
    int32_t reason;         ///< of a client that is refused
} ctls_failure;

/// Why an identity was refused.
typedef enum {
    CTLS_IDENTITY_OK,
    CTLS_IDENTITY_CERTIFICATE_UNREADABLE,   ///< a certificate that does not parse
    CTLS_IDENTITY_CERTIFICATE_SIGNATURE,    ///< a certificate's signature is of no known kind
    CTLS_IDENTITY_CERTIFICATE_KEY,          ///< a certificate's key is of no known kind
    CTLS_IDENTITY_KEY_UNREADABLE,           ///< a key that does not parse
    CTLS_IDENTITY_KEY_MISMATCH,             ///< the key belongs to another certificate
    CTLS_IDENTITY_KEY_UNSUPPORTED,          ///< of a kind or size that is not in use here
    CTLS_IDENTITY_KEY_WEAK,                 ///< too small
    CTLS_IDENTITY_OUT_OF_MEMORY,            ///< the arena had no room
} ctls_identity_status;

typedef enum {
    CTLS_KEY_P256,
    CTLS_KEY_P384,
    CTLS_KEY_RSA,
    CTLS_KEY_OTHER_CURVE,   ///< of ECDSA
    CTLS_KEY_OTHER,
} ctls_key_kind;

/// Whether a private key of this kind and size is taken: CTLS_IDENTITY_OK, or why not.
typedef ctls_identity_status (*ctls_accept_key)(ctls_key_kind kind, uint32_t bits);

/// Mbed TLS's version as 0xMMNNPP00.
uint32_t ctls_library_version(void);

typedef enum {
    CTLS_LIBRARY_OK,
    CTLS_LIBRARY_VULNERABLE,    ///< by a fault that nothing here guards against
    CTLS_LIBRARY_OTHER,         ///< of another branch than the one whose headers this was compiled with
} ctls_library_fault;

/// Whether a library that says this version of itself may be used.
ctls_library_fault ctls_library_check(uint32_t version);
/// The version of the Debian package that is linked; NULL where the build did not say it.
const char *ctls_library_package(void);
/// Not 0 where the build could not have Debian's security updates.
int ctls_library_lacks_security_updates(void);

#endif
