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
    if (host[length] == '%') {
        address->scope = if_nametoindex(host + length + 1);
        if (address->scope == 0) return -EINVAL;
    }
    return 0;
}

size_t clinux_address_text(const clinux_address *address, char *text) {
    char host[INET6_ADDRSTRLEN] = "?";
    if (address->family == 0) return (size_t)snprintf(text, CLINUX_ADDRESS_TEXT_BYTES, "local");
    inet_ntop(address->family == 4 ? AF_INET : AF_INET6, address->bytes, host, sizeof host);
    const char *format = address->family == 4 ? "%s:%u" : "[%s]:%u";
    return (size_t)snprintf(text, CLINUX_ADDRESS_TEXT_BYTES, format, host, (unsigned)address->port);
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

static int prepare(
    int descriptor, clinux_address *address, int backlog, int no_delay, int keep_alive_seconds
) {
    clinux_system_address system;
    socklen_t length = clinux_address_to_system(address, &system);
    if (set_option(descriptor, SOL_SOCKET, SO_REUSEADDR, 1) != 0) return -errno;
    // One family a socket, so that a list of addresses means the same whatever the system's default is.
    if (address->family == 6 && set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1) != 0) return -errno;
    int error = clinux_socket_tune(descriptor, no_delay, keep_alive_seconds);
    if (error != 0) return error;
    if (bind(descriptor, &system.any, length) != 0) return -errno;
    if (listen(descriptor, backlog) != 0) return -errno;
    if (getsockname(descriptor, &system.any, &length) != 0) return -errno;
    clinux_address_from_system(address, &system);
    return 0;
}

int clinux_listen(clinux_address *address, int backlog, int no_delay, int keep_alive_seconds) {
    int family = address->family == 4 ? AF_INET : AF_INET6;
    int descriptor = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    int error = prepare(descriptor, address, backlog, no_delay, keep_alive_seconds);
    if (error == 0) return descriptor;
    close(descriptor);
    return error;
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
    case EAFNOSUPPORT:
        return CLINUX_ERROR_NO_FAMILY;
    case EBADF: case EFAULT: case EINVAL: case ENOTSOCK:
        return CLINUX_ERROR_OUR_FAULT;
    default:
        return CLINUX_ERROR_OTHER;
    }
}

const char *clinux_error_text(int result) { return strerror(-result); }
