// Where log lines go. Neither way ever waits or allocates: a reader that is stuck costs lines, not the
// server.
#ifndef CLINUX_LOG_H
#define CLINUX_LOG_H

#include <stddef.h>
#include <stdint.h>

/// Not 0 when standard error is a socket and standard input too: a client's, as inetd gives it.
int clinux_stderr_is_client(void);
/// Not 0 when nobody of this machine can read standard error: it is closed or /dev/null, as after a detached
/// start, or a client's.
int clinux_stderr_is_detached(void);
/// Writes bytes to standard error if that can be done at once. Returns 0 or -errno.
int clinux_stderr_write(const char *bytes, size_t count);
/// Writes bytes to standard output, waiting where needed. Returns 0 or -errno.
int clinux_stdout_write(const char *bytes, size_t count);

/// Connects to the system log, /dev/log. Returns 0 or -errno.
int clinux_syslog_open(void);
/// Sends one line with a severity of RFC 5424 (3 error, 4 warning, 5 notice, 6 info, 7 debug), facility
/// daemon, in the name of a program (its first 32 bytes).
int clinux_syslog_write(const char *program, int severity, const char *bytes, size_t count);

#endif
