// The service manager, and sockets that come from others. See clinux_service.h.
#define _GNU_SOURCE
#include "clinux_service.h"

#include "address.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

const char *clinux_environment_value(const char *name) { return getenv(name); }

void clinux_environment_remove(const char *name) { unsetenv(name); }

int32_t clinux_process_id(void) { return getpid(); }

int clinux_notify_open(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    if (length > CLINUX_SOCKET_NAME_BYTES) return -ENAMETOOLONG;
    memcpy(address.sun_path, name, length);
    // An abstract name begins with a zero byte and ends without one.
    int is_abstract = name[0] == '@';
    if (is_abstract) address.sun_path[0] = 0;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (is_abstract ? 0 : 1));
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    if (connect(descriptor, (struct sockaddr *)&address, size) == 0) return descriptor;
    int error = -errno;
    close(descriptor);
    return error;
}

int clinux_notify_send(int descriptor, const void *bytes, size_t count) {
    return send(descriptor, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 ? 0 : -errno;
}

static int option(int descriptor, int name, int otherwise) {
    int value = otherwise;
    socklen_t length = sizeof value;
    return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : -1;
}

static int set_flags(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) != 0) return -errno;
    return fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 ? 0 : -errno;
}

int clinux_listener_adopt(int descriptor, clinux_address *address, int no_delay, int keep_alive_seconds) {
    clinux_system_address system;
    socklen_t length = sizeof system;
    if (fcntl(descriptor, F_GETFD) < 0) return -errno;
    if (option(descriptor, SO_TYPE, 0) != SOCK_STREAM) return CLINUX_NOT_LISTENING;
    if (option(descriptor, SO_ACCEPTCONN, 0) != 1) return CLINUX_NOT_LISTENING;
    if (getsockname(descriptor, &system.any, &length) != 0) return -errno;
    int family = system.any.sa_family;
    if (family != AF_INET && family != AF_INET6) return CLINUX_NOT_LISTENING;
    int result = set_flags(descriptor);
    if (result == 0) result = clinux_socket_tune(descriptor, no_delay, keep_alive_seconds);
    if (result == 0) clinux_address_from_system(address, &system);
    return result;
}

static int is_same(int descriptor, const struct stat *file) {
    struct stat status;
    return fstat(descriptor, &status) == 0 && status.st_dev == file->st_dev && status.st_ino == file->st_ino;
}

int clinux_connection_take(clinux_address *peer, int no_delay, int keep_alive_seconds) {
    struct stat connection;
    clinux_system_address system;
    socklen_t length = sizeof system;
    if (fstat(STDIN_FILENO, &connection) != 0) return -errno;
    if (!S_ISSOCK(connection.st_mode)) return CLINUX_NOT_CONNECTED;
    if (option(STDIN_FILENO, SO_TYPE, 0) != SOCK_STREAM) return CLINUX_NOT_CONNECTED;
    if (option(STDIN_FILENO, SO_ACCEPTCONN, 0) != 0) return CLINUX_NOT_CONNECTED;
    if (getpeername(STDIN_FILENO, &system.any, &length) != 0) return -errno;
    int descriptor = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int null_device = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (descriptor < 0 || null_device < 0) return -errno;
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
        if (is_same(stream, &connection)) dup2(null_device, stream);
    }
    close(null_device);
    memset(peer, 0, sizeof *peer);
    int family = system.any.sa_family;
    // A pair of local sockets has a peer without an address.
    if (family == AF_INET || family == AF_INET6) {
        clinux_address_from_system(peer, &system);
        clinux_socket_tune(descriptor, no_delay, keep_alive_seconds);
    }
    int result = set_flags(descriptor);
    return result == 0 ? descriptor : result;
}
