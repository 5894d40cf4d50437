// What the process gives up for good. See clinux_privileges.h.
#define _GNU_SOURCE
#include "clinux_privileges.h"

#include <sys/prctl.h>
#include <sys/resource.h>

void clinux_disable_core_dumps(void) { setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}); }

void clinux_set_undumpable(void) { prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

void clinux_drop_privileges(void) {
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    // Up to the first that the kernel does not know. Without CAP_SETPCAP none can be dropped, but none
    // gained either.
    for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    }
    setrlimit(RLIMIT_NPROC, &(struct rlimit){0, 0});
}
