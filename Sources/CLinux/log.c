// Log lines to standard error or the system log. See clinux_log.h.
// Not syslog(3): it waits when the daemon is stuck, and glibc's allocates (2.36, open_memstream).
#define _GNU_SOURCE
#include "clinux_log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

enum { FACILITY_DAEMON = 3 };

static int log_socket = -1;

int clinux_stderr_is_client(void) {
    struct stat error, input;
    return fstat(STDERR_FILENO, &error) == 0 && S_ISSOCK(error.st_mode)
        && fstat(STDIN_FILENO, &input) == 0 && error.st_dev == input.st_dev && error.st_ino == input.st_ino;
}

int clinux_stderr_is_detached(void) {
    struct stat status;
    if (fstat(STDERR_FILENO, &status) != 0) return 1;
    return (S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3)) || clinux_stderr_is_client();
}

int clinux_stderr_write(const char *bytes, size_t count) {
    // A pipe that polls writable takes PIPE_BUF bytes at once, more than a line has.
    struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&ready, 1, 0) != 1 || !(ready.revents & POLLOUT)) return -EAGAIN;
    return write(STDERR_FILENO, bytes, count) >= 0 ? 0 : -errno;
}

int clinux_stdout_write(const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes, count);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return -errno;
        bytes += written;
        count -= (size_t)written;
    }
    return 0;
}

int clinux_syslog_open(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
    if (log_socket >= 0) close(log_socket);
    log_socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (log_socket < 0) return -errno;
    return connect(log_socket, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : -errno;
}

static int send_line(const char *program, int severity, const char *bytes, size_t count) {
    char head[80];
    int priority = FACILITY_DAEMON * 8 + severity;
    int head_count = snprintf(head, sizeof head, "<%d>%.32s[%d]: ", priority, program, (int)getpid());
    struct iovec parts[2] = {{head, (size_t)head_count}, {(void *)bytes, count}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    return sendmsg(log_socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 ? 0 : -errno;
}

int clinux_syslog_write(const char *program, int severity, const char *bytes, size_t count) {
    int result = send_line(program, severity, bytes, count);
    if (result == 0 || result == -EAGAIN) return result;
    // The daemon was restarted, or was not there at first.
    result = clinux_syslog_open();
    return result == 0 ? send_line(program, severity, bytes, count) : result;
}
