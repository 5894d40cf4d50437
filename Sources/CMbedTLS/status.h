// How the other files of this module turn the library's codes into failures. Private to this module.
#ifndef CTLS_STATUS_PRIVATE_H
#define CTLS_STATUS_PRIVATE_H

#include "compat.h"
#include "ctls_status.h"

/// The failure for an error code of the library, given the arena's count of failures before the call.
ctls_failure ctls_failure_of(int code, uint32_t arena_failures_before);

#endif
