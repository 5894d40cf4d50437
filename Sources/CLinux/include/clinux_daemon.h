// Leaving the caller: a server that goes on in the background.
#ifndef CLINUX_DAEMON_H
#define CLINUX_DAEMON_H

#include <stddef.h>
#include <stdint.h>

/// Puts /dev/null where standard input, output or error is closed, so that no socket takes its place.
/// Reading ends at once there, and writing fails.
void clinux_open_missing_standard_streams(void);

typedef enum {
    CLINUX_DETACH_FAILED,       ///< no new process; *code is -errno
    CLINUX_DETACH_SERVER,       ///< this is the new process
    CLINUX_DETACH_CALLER,       ///< this is the old one; *code is what the new one reported
    CLINUX_DETACH_CALLER_ALONE, ///< this is the old one; the new one ended without a report
} clinux_detach_result;

/// Goes on in a new process: in a session of its own, without a terminal, input and output to /dev/null,
/// standard error still the caller's. Other descriptors are closed but for the first `kept` above it. The
/// old process comes back when the new one has reported or ended.
clinux_detach_result clinux_detach(int kept, int *code);
/// Whether this is such a process that has not reported yet.
int clinux_detach_is_awaited(void);
/// Reports an exit code to the caller and lets go of its standard error. Returns 0, or -errno when the
/// caller is gone. Does nothing the second time.
int clinux_detach_report(int exit_code);

#endif
