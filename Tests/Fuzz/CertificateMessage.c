// A client's Certificate message, as client_chain.c takes it apart and as the library does: nothing is read behind it,
// and what is authorized is what the library keeps. The first byte chooses the version.
// seeds: messages
#include "ctls_trial.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    static ctls_trial *trials[2];
    if (count == 0) return 0;
    int tls13 = bytes[0] & 1;
    if (trials[tls13] == NULL) trials[tls13] = ctls_trial_create(tls13);
    if (ctls_trial_run(trials[tls13], bytes + 1, count - 1) == CTLS_TRIAL_DISAGREES) abort();
    return 0;
}
