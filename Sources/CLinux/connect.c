// Connecting to a server. See clinux_connect.h.
#define _GNU_SOURCE
#include "clinux_connect.h"

#include "address.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static sigjmp_buf time_is_up;

static void leave(int signal) {
    (void)signal;
    siglongjmp(time_is_up, 1);
}

static void set_alarm(int64_t milliseconds) {
    struct itimerval timer = {0};
    timer.it_value.tv_sec = milliseconds / 1000;
    timer.it_value.tv_usec = milliseconds % 1000 * 1000;
    setitimer(ITIMER_REAL, &timer, NULL);
}

static int look_up(const char *host, clinux_address *addresses, size_t capacity, const char **problem) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
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
        clinux_address_from_system(&addresses[count++], &system);
    }
    freeaddrinfo(found);
    return (int)count;
}

// getaddrinfo has no limit of time, and waits for each name server in turn.
int clinux_resolve(
    const char *host, uint16_t port, clinux_address *addresses, size_t capacity,
    int64_t milliseconds, const char **problem
) {
    if (clinux_address_parse(&addresses[0], host, port) == 0) return 1;
    struct sigaction action = {.sa_handler = leave}, before;
    sigaction(SIGALRM, &action, &before);
    volatile int result = CLINUX_RESOLVE_TIMED_OUT;
    if (sigsetjmp(time_is_up, 1) == 0) {
        set_alarm(milliseconds > 0 ? milliseconds : 1);
        result = look_up(host, addresses, capacity, problem);
    }
    set_alarm(0);
    sigaction(SIGALRM, &before, NULL);
    for (int i = 0; i < result; i++) addresses[i].port = port;
    return result;
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

int clinux_connect_result(int descriptor) {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return -errno;
    return -error;
}
