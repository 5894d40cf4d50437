// A server in the middle of a handshake, where it waits for a client's Certificate message. It takes one after the
// other without a client that would have to make a transcript fit, so that thousands can be tried, and tells for
// each whether what it authorizes is what the library keeps. It lets everybody in who shows anything.
#ifndef CTLS_TRIAL_H
#define CTLS_TRIAL_H

#include <stddef.h>
#include <stdint.h>

typedef struct ctls_trial ctls_trial;

typedef enum {
    CTLS_TRIAL_ENDED,       ///< the connection
    CTLS_TRIAL_NOBODY,      ///< authorized, and the library keeps no certificate
    CTLS_TRIAL_AGREES,      ///< what is authorized is what the library goes on with
    CTLS_TRIAL_DISAGREES,   ///< a hole
} ctls_trial_end;

/// NULL when the handshake does not come to the client's Certificate message.
ctls_trial *ctls_trial_create(int tls13);
void ctls_trial_free(ctls_trial *trial);

/// `body` is that of the message, behind type and length. It is read where it ends with a block of memory, so that
/// AddressSanitizer sees who reads behind it.
ctls_trial_end ctls_trial_run(ctls_trial *trial, const uint8_t *body, size_t bytes);

#endif
