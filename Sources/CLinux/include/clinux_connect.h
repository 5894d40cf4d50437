// Connecting to a server: its addresses by name, and a socket for one of them. Results as in
// clinux_socket.h.
#ifndef CLINUX_CONNECT_H
#define CLINUX_CONNECT_H

#include "clinux_socket.h"

/// Results of clinux_resolve that no error number stands for; below every -errno.
#define CLINUX_RESOLVE_FAILED (-20001)      ///< *problem has libc's words
#define CLINUX_RESOLVE_TIMED_OUT (-20002)

/// The addresses of a host, which is an address itself or a name for libc's getaddrinfo; at most `capacity`.
/// Gives up after `milliseconds` by SIGALRM. Only for a program of one thread that ends soon after: libc
/// takes memory for it, and some stays taken after the time is up.
int clinux_resolve(
    const char *host, uint16_t port, clinux_address *addresses, size_t capacity,
    int64_t milliseconds, const char **problem);

/// A non-blocking socket that is connecting, or connected at once; it becomes writable when that is decided.
int clinux_connect(const clinux_address *address);
/// 0 when a socket that became writable is connected, else -errno.
int clinux_connect_result(int descriptor);

#endif
