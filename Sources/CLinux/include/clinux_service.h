// What a service manager and a process have to tell each other: the environment, $NOTIFY_SOCKET, inherited
// sockets. Results as in clinux_socket.h.
#ifndef CLINUX_SERVICE_H
#define CLINUX_SERVICE_H

#include <stddef.h>
#include <stdint.h>

#include "clinux_socket.h"

/// A variable of the environment, or NULL.
const char *clinux_environment_value(const char *name);
/// Removes it: what it says is for this process alone.
void clinux_environment_remove(const char *name);

/// The id that the process was started with, before it detached, and the present one.
int32_t clinux_process_first_id(void);
int32_t clinux_process_id(void);

/// Room for a name, as a file or, beginning with @, as an abstract one.
#define CLINUX_SOCKET_NAME_BYTES 107
/// Connects to a datagram socket. Returns it or -errno.
int clinux_notify_open(const char *name);
/// Sends a message if that can be done at once. Returns 0 or -errno.
int clinux_notify_send(int descriptor, const void *bytes, size_t count);

/// Results beside -errno, and below every one.
#define CLINUX_NOT_LISTENING (-10005)   ///< it is open, but no socket that listens for TCP
#define CLINUX_NOT_CONNECTED (-10006)   ///< it is open, but no socket of a stream with a peer

/// Prepares an inherited descriptor as clinux_listen does a new one. Returns 0, or one of the above or
/// -errno.
int clinux_listener_adopt(int descriptor, clinux_address *address, int no_delay, int keep_alive_seconds);
/// Moves the connection on standard input to a descriptor of its own; /dev/null takes its place there and
/// on the other standard streams where they are the same. Returns the descriptor, or one of the above or
/// -errno.
int clinux_connection_take(clinux_address *peer, int no_delay, int keep_alive_seconds);

#endif
