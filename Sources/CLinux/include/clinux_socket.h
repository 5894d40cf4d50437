// TCP sockets. Every function returns what it made or counted, or -errno; EINTR is retried here.
#ifndef CLINUX_SOCKET_H
#define CLINUX_SOCKET_H

#include <stddef.h>
#include <stdint.h>

/// An IP address and port, in a form that needs no header of the system.
typedef struct {
    uint8_t family;         ///< 4 or 6; 0 for a local socket, which has no address
    uint16_t port;          ///< host byte order
    uint32_t scope;         ///< IPv6 zone, 0 for none
    uint8_t bytes[16];      ///< network byte order; IPv4 uses the first four
} clinux_address;

/// Room for the longest text of clinux_address_text, its final zero included.
#define CLINUX_ADDRESS_TEXT_BYTES 80

/// Reads a numeric IPv4 or IPv6 address, with %interface where link-local. Returns 0, -EINVAL, or -ENODEV
/// where there is no such interface.
int clinux_address_parse(clinux_address *address, const char *host, uint16_t port);
/// Writes 1.2.3.4:443, [::1]:443, [fe80::1%eth0]:443 or local and returns its length.
size_t clinux_address_text(const clinux_address *address, char *text);

/// A non-blocking listening socket; on return `address` has the port that was really bound. Accepted sockets
/// inherit no_delay (TCP_NODELAY) and keep_alive_seconds (idle time before the first probe, 0 for none). An
/// address that no interface has is bound all the same; `is_missing` is 1 then, else 0.
int clinux_listen(
    clinux_address *address, int backlog, int no_delay, int keep_alive_seconds, int *is_missing);
/// Whether both are the same address, or one is all addresses of the other's family: 1 or 0.
int clinux_addresses_overlap(const clinux_address *address, const clinux_address *other);
/// Whether no interface has this address now, whatever its port: 1 or 0.
int clinux_address_is_missing(const clinux_address *address);
/// A non-blocking socket of the next waiting client.
int clinux_accept(int listener, clinux_address *peer);

int clinux_receive(int descriptor, void *bytes, size_t count);
/// Fills `first`, then `second`, in one system call.
int clinux_receive_into_two(
    int descriptor, void *first, size_t first_count, void *second, size_t second_count);
int clinux_send(int descriptor, const void *bytes, size_t count);
/// Sends `first`, then `second`, in one system call; returns how many bytes of both.
int clinux_send_two(
    int descriptor, const void *first, size_t first_count, const void *second, size_t second_count);
/// Receives, and leaves everything to be received again.
int clinux_peek(int descriptor, void *bytes, size_t count);
/// A socket is readable only when so many bytes are there, or the end.
void clinux_wait_for(int descriptor, size_t count);
/// The address of this end; family 0 for a local socket.
int clinux_local_address(int descriptor, clinux_address *address);
/// Closes a socket so that a TCP peer sees a reset, and what was not sent is thrown away.
void clinux_reset(int descriptor);
/// Tells the peer that no more comes; what it sends can still be received.
int clinux_end_writes(int descriptor);

// The error numbers that mean something to the loop, by kind.

typedef enum {
    CLINUX_ERROR_OTHER,
    CLINUX_ERROR_WOULD_BLOCK,       ///< EAGAIN
    CLINUX_ERROR_NO_DESCRIPTORS,    ///< EMFILE, ENFILE, ENOBUFS, ENOMEM
    CLINUX_ERROR_PEER_GONE,         ///< the peer or the way to it went away
    CLINUX_ERROR_NO_PERMISSION,     ///< EACCES, EPERM
    CLINUX_ERROR_EXISTS,            ///< EEXIST
    CLINUX_ERROR_ADDRESS_IN_USE,    ///< EADDRINUSE
    CLINUX_ERROR_ADDRESS_MISSING,   ///< EADDRNOTAVAIL: no interface has it
    CLINUX_ERROR_NO_INTERFACE,      ///< ENODEV
    CLINUX_ERROR_NO_FAMILY,         ///< EAFNOSUPPORT: a kernel without IPv6
    CLINUX_ERROR_OUR_FAULT,         ///< EBADF, EFAULT, EINVAL, ENOTSOCK: a bug here
} clinux_error_kind;

/// What kind of error a negative result is.
clinux_error_kind clinux_kind_of_error(int result);
/// Whether the same call may succeed later without anybody changing a setting, a file's content or a right:
/// 1 or 0.
int clinux_may_pass(int result);
/// The system's words for a negative result.
const char *clinux_error_text(int result);

#endif
