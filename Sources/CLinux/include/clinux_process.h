// The process: clocks, signals, limits. Results as in clinux_socket.h.
#ifndef CLINUX_PROCESS_H
#define CLINUX_PROCESS_H

#include <stddef.h>
#include <stdint.h>

/// Milliseconds of a clock that only goes forward.
int64_t clinux_monotonic_milliseconds(void);
/// The same clock as service managers read it.
int64_t clinux_monotonic_microseconds(void);
/// Seconds since 1970, UTC.
int64_t clinux_unix_seconds(void);

typedef enum {
    CLINUX_SIGNAL_NONE,
    CLINUX_SIGNAL_STOP,         ///< SIGTERM or SIGINT
    CLINUX_SIGNAL_RELOAD,       ///< SIGHUP
    CLINUX_SIGNAL_REPORT,       ///< SIGUSR1
} clinux_signal;

/// SIGHUP and SIGUSR1 wait from now on, until somebody takes them; what ends a process still does.
void clinux_signals_hold(void);

/// A descriptor that becomes readable when one of the signals above arrives; from now on they only arrive
/// there. SIGPIPE is ignored.
int clinux_signals_open(void);
/// The next signal that has arrived.
clinux_signal clinux_signals_next(int descriptor);

/// Raises the soft limit of open descriptors to `count` where it is lower and the hard limit allows. Returns
/// how many may be open.
size_t clinux_raise_descriptor_limit(size_t count);
/// New files are for their owner alone.
void clinux_set_umask(void);

/// Whether getrandom(2) answers at once; early in a boot it may not yet.
int clinux_random_is_ready(void);
/// Waits until it does.
void clinux_random_wait(void);

/// Whether the process is privileged, as root is.
int clinux_is_root(void);

#endif
