// Connecting to a server: its addresses by name, and a socket for one of them. Results as in
// clinux_socket.h.
#ifndef CLINUX_CONNECT_H
#define CLINUX_CONNECT_H

#include "clinux_socket.h"

/// Of clinux_resolve alone: *problem has libc's words.
#define CLINUX_RESOLVE_FAILED (-20001)

/// The addresses of a host, which is an address itself or a name for libc's getaddrinfo; at most `capacity`.
/// Waits for name servers as long as resolv.conf says. libc takes memory for it.
int clinux_resolve(
    const char *host, uint16_t port, clinux_address *addresses, size_t capacity, const char **problem);

/// A non-blocking socket that is connecting, or connected at once; it becomes writable when that is decided.
int clinux_connect(const clinux_address *address);
/// The same to a local socket; connected at once, or -EAGAIN where its backlog is full.
int clinux_connect_local(const char *path);
/// 0 when a socket that became writable is connected, else -errno.
int clinux_connect_result(int descriptor);
/// -ETIMEDOUT, of a connection that nobody waits for any longer.
int clinux_timed_out(void);

#endif
