// TCP sockets. See clinux_socket.h.
#define _GNU_SOURCE
#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define RETRY(call) ({ ssize_t result_; do result_ = (call); while (result_ < 0 && errno == EINTR); \
    result_ < 0 ? -errno : (int)result_; })

int clinux_address_parse(clinux_address *address, const char *host, uint16_t port) {
    memset(address, 0, sizeof *address);
    address->port = port;
    if (inet_pton(AF_INET, host, address->bytes) == 1) {
        address->family = 4;
        return 0;
    }
    char plain[INET6_ADDRSTRLEN];
    size_t length = strcspn(host, "%");
    if (length >= sizeof plain) return -EINVAL;
    memcpy(plain, host, length);
    plain[length] = 0;
    if (inet_pton(AF_INET6, plain, address->bytes) != 1) return -EINVAL;
    address->family = 6;
    if (host[length] == 0) return 0;
    const char *interface = host + length + 1;
    if (interface[0] == 0 || strlen(interface) >= IF_NAMESIZE) return -EINVAL;
    address->scope = if_nametoindex(interface);
    return address->scope != 0 ? 0 : -ENODEV;
}

size_t clinux_address_text(const clinux_address *address, char *text) {
    char host[INET6_ADDRSTRLEN] = "?";
    char interface[1 + IF_NAMESIZE] = "";
    if (address->family == 0) return (size_t)snprintf(text, CLINUX_ADDRESS_TEXT_BYTES, "local");
    inet_ntop(address->family == 4 ? AF_INET : AF_INET6, address->bytes, host, sizeof host);
    if (address->scope != 0) {
        interface[0] = '%';
        if (if_indextoname(address->scope, interface + 1) == NULL) interface[0] = 0;
    }
    const char *format = address->family == 4 ? "%s%s:%u" : "[%s%s]:%u";
    return (size_t)snprintf(
        text, CLINUX_ADDRESS_TEXT_BYTES, format, host, interface, (unsigned)address->port);
}

socklen_t clinux_address_to_system(const clinux_address *address, clinux_system_address *system) {
    memset(system, 0, sizeof *system);
    if (address->family == 4) {
        system->v4.sin_family = AF_INET;
        system->v4.sin_port = htons(address->port);
        memcpy(&system->v4.sin_addr, address->bytes, 4);
        return sizeof system->v4;
    }
    system->v6.sin6_family = AF_INET6;
    system->v6.sin6_port = htons(address->port);
    system->v6.sin6_scope_id = address->scope;
    memcpy(&system->v6.sin6_addr, address->bytes, 16);
    return sizeof system->v6;
}

void clinux_address_from_system(clinux_address *address, const clinux_system_address *system) {
    if (system->any.sa_family == AF_INET) {
        address->family = 4;
        address->port = ntohs(system->v4.sin_port);
        address->scope = 0;
        memcpy(address->bytes, &system->v4.sin_addr, 4);
        memset(address->bytes + 4, 0, 12);
    } else {
        address->family = 6;
        address->port = ntohs(system->v6.sin6_port);
        address->scope = system->v6.sin6_scope_id;
        memcpy(address->bytes, &system->v6.sin6_addr, 16);
    }
}

static int set_option(int descriptor, int level, int name, int value) {
    return setsockopt(descriptor, level, name, &value, sizeof value);
}

int clinux_socket_tune(int descriptor, int no_delay, int keep_alive_seconds) {
    if (no_delay && set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1) != 0) return -errno;
    if (keep_alive_seconds == 0) return 0;
    if (set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1) != 0) return -errno;
    return set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, keep_alive_seconds) == 0 ? 0 : -errno;
}

// An interface may get the address later. Asked for only then, so that the system still says of every other
// start whether the address is there.
static int bind_also_to_missing(int descriptor, const clinux_address *address, int *is_missing) {
    clinux_system_address system;
    socklen_t length = clinux_address_to_system(address, &system);
    *is_missing = 0;
    if (bind(descriptor, &system.any, length) == 0) return 0;
    if (errno != EADDRNOTAVAIL) return -errno;
    int error = address->family == 4
        ? set_option(descriptor, IPPROTO_IP, IP_FREEBIND, 1)
        : set_option(descriptor, IPPROTO_IPV6, IPV6_FREEBIND, 1);
    if (error != 0) return -EADDRNOTAVAIL;
    if (bind(descriptor, &system.any, length) != 0) return -errno;
    *is_missing = 1;
    return 0;
}

static int prepare(
    int descriptor, clinux_address *address, int backlog, int no_delay, int keep_alive_seconds,
    int *is_missing
) {
    clinux_system_address system;
    socklen_t length = sizeof system;
    if (set_option(descriptor, SOL_SOCKET, SO_REUSEADDR, 1) != 0) return -errno;
    // One family a socket, so that a list of addresses means the same whatever the system's default is.
    if (address->family == 6 && set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1) != 0) return -errno;
    int error = clinux_socket_tune(descriptor, no_delay, keep_alive_seconds);
    if (error == 0) error = bind_also_to_missing(descriptor, address, is_missing);
    if (error != 0) return error;
    if (listen(descriptor, backlog) != 0) return -errno;
    if (getsockname(descriptor, &system.any, &length) != 0) return -errno;
    clinux_address_from_system(address, &system);
    return 0;
}

static int open_socket(const clinux_address *address) {
    int family = address->family == 4 ? AF_INET : AF_INET6;
    int descriptor = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return descriptor >= 0 ? descriptor : -errno;
}

int clinux_listen(
    clinux_address *address, int backlog, int no_delay, int keep_alive_seconds, int *is_missing
) {
    int descriptor = open_socket(address);
    if (descriptor < 0) return descriptor;
    int error = prepare(descriptor, address, backlog, no_delay, keep_alive_seconds, is_missing);
    if (error == 0) return descriptor;
    close(descriptor);
    return error;
}

static int is_every_address(const clinux_address *address) {
    static const uint8_t zero[sizeof address->bytes];
    return memcmp(address->bytes, zero, sizeof zero) == 0;
}

int clinux_addresses_overlap(const clinux_address *address, const clinux_address *other) {
    if (address->family != other->family) return 0;
    if (is_every_address(address) || is_every_address(other)) return 1;
    return address->scope == other->scope && memcmp(address->bytes, other->bytes, sizeof other->bytes) == 0;
}

int clinux_address_is_missing(const clinux_address *address) {
    clinux_address any_port = *address;
    clinux_system_address system;
    any_port.port = 0;
    socklen_t length = clinux_address_to_system(&any_port, &system);
    int descriptor = open_socket(address);
    if (descriptor < 0) return 0;
    int is_missing = bind(descriptor, &system.any, length) != 0 && errno == EADDRNOTAVAIL;
    close(descriptor);
    return is_missing;
}

int clinux_accept(int listener, clinux_address *peer) {
    clinux_system_address system;
    socklen_t length = sizeof system;
    int descriptor = RETRY(accept4(listener, &system.any, &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (descriptor >= 0) clinux_address_from_system(peer, &system);
    return descriptor;
}

int clinux_receive(int descriptor, void *bytes, size_t count) {
    return RETRY(recv(descriptor, bytes, count, 0));
}

int clinux_receive_into_two(
    int descriptor, void *first, size_t first_count, void *second, size_t second_count
) {
    struct iovec parts[2] = {{first, first_count}, {second, second_count}};
    return RETRY(readv(descriptor, parts, 2));
}

int clinux_send(int descriptor, const void *bytes, size_t count) {
    return RETRY(send(descriptor, bytes, count, MSG_NOSIGNAL));
}

int clinux_send_two(
    int descriptor, const void *first, size_t first_count, const void *second, size_t second_count
) {
    struct iovec parts[2] = {
        {(void *)(uintptr_t)first, first_count}, {(void *)(uintptr_t)second, second_count},
    };
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    return RETRY(sendmsg(descriptor, &message, MSG_NOSIGNAL));
}

int clinux_peek(int descriptor, void *bytes, size_t count) {
    return RETRY(recv(descriptor, bytes, count, MSG_PEEK));
}

void clinux_wait_for(int descriptor, size_t count) {
    int least = (int)count;
    setsockopt(descriptor, SOL_SOCKET, SO_RCVLOWAT, &least, sizeof least);
}

int clinux_local_address(int descriptor, clinux_address *address) {
    clinux_system_address system;
    socklen_t length = sizeof system;
    memset(address, 0, sizeof *address);
    if (getsockname(descriptor, &system.any, &length) != 0) return -errno;
    if (system.any.sa_family == AF_INET || system.any.sa_family == AF_INET6)
        clinux_address_from_system(address, &system);
    return 0;
}

void clinux_reset(int descriptor) {
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(descriptor);
}

int clinux_end_writes(int descriptor) { return shutdown(descriptor, SHUT_WR) == 0 ? 0 : -errno; }

clinux_error_kind clinux_kind_of_error(int result) {
    switch (-result) {
    case EAGAIN:
        return CLINUX_ERROR_WOULD_BLOCK;
    case EMFILE: case ENFILE: case ENOBUFS: case ENOMEM:
        return CLINUX_ERROR_NO_DESCRIPTORS;
    case ECONNRESET: case ECONNABORTED: case EPIPE: case ETIMEDOUT: case ENOTCONN: case EPROTO:
    case ENETDOWN: case ENETUNREACH: case EHOSTDOWN: case EHOSTUNREACH: case ENONET: case ENOPROTOOPT:
        return CLINUX_ERROR_PEER_GONE;
    case EACCES: case EPERM:
        return CLINUX_ERROR_NO_PERMISSION;
    case EEXIST:
        return CLINUX_ERROR_EXISTS;
    case EADDRINUSE:
        return CLINUX_ERROR_ADDRESS_IN_USE;
    case EADDRNOTAVAIL:
        return CLINUX_ERROR_ADDRESS_MISSING;
    case ENODEV:
        return CLINUX_ERROR_NO_INTERFACE;
    case EAFNOSUPPORT:
        return CLINUX_ERROR_NO_FAMILY;
    case EBADF: case EFAULT: case EINVAL: case ENOTSOCK:
        return CLINUX_ERROR_OUR_FAULT;
    default:
        return CLINUX_ERROR_OTHER;
    }
}

int clinux_may_pass(int result) {
    switch (-result) {
    // Not there yet: a file system, a device or an interface may still come.
    case ENOENT: case ENODEV: case ENXIO: case EROFS: case ESTALE: case EADDRNOTAVAIL:
    // In somebody else's hands.
    case EADDRINUSE: case EAGAIN: case EBUSY: case ETXTBSY:
    // Used up, or failed this once.
    case ENOMEM: case ENOBUFS: case EMFILE: case ENFILE: case ENOSPC: case EDQUOT: case EIO:
        return 1;
    default:
        return clinux_kind_of_error(result) == CLINUX_ERROR_PEER_GONE;
    }
}

const char *clinux_error_text(int result) { return strerror(-result); }
