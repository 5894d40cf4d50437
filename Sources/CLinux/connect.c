// Connecting to a server. See clinux_connect.h.
#define _GNU_SOURCE
#include "clinux_connect.h"

#include "address.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

int clinux_resolve(
    const char *host, uint16_t port, clinux_address *addresses, size_t capacity, const char **problem
) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    if (clinux_address_parse(&addresses[0], host, port) == 0) return 1;
    int code = getaddrinfo(host, NULL, &hints, &found);
    if (code != 0) {
        *problem = code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code);
        return CLINUX_RESOLVE_FAILED;
    }
    size_t count = 0;
    for (struct addrinfo *next = found; next != NULL && count < capacity; next = next->ai_next) {
        if (next->ai_family != AF_INET && next->ai_family != AF_INET6) continue;
        clinux_system_address system;
        if (next->ai_addrlen > sizeof system) continue;
        memcpy(&system, next->ai_addr, next->ai_addrlen);
        clinux_address_from_system(&addresses[count], &system);
        addresses[count++].port = port;
    }
    freeaddrinfo(found);
    return (int)count;
}

int clinux_connect(const clinux_address *address) {
    clinux_system_address system;
    socklen_t length = clinux_address_to_system(address, &system);
    int descriptor = socket(system.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    int one = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(descriptor, &system.any, length) == 0 || errno == EINPROGRESS) return descriptor;
    int error = -errno;
    close(descriptor);
    return error;
}

int clinux_connect_local(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length >= sizeof address.sun_path) return -ENAMETOOLONG;
    memcpy(address.sun_path, path, length);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0) return descriptor;
    int error = -errno;
    close(descriptor);
    return error;
}

int clinux_connect_result(int descriptor) {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return -errno;
    return -error;
}

int clinux_timed_out(void) { return -ETIMEDOUT; }
