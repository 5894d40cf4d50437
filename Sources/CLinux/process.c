// Clocks, signals, limits. See clinux_process.h.
#define _GNU_SOURCE
#include "clinux_process.h"

#include <errno.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int64_t clinux_monotonic_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clinux_monotonic_microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clinux_unix_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

void clinux_signals_hold(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

int clinux_signals_open(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -errno;
    int descriptor = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return descriptor >= 0 ? descriptor : -errno;
}

clinux_signal clinux_signals_next(int descriptor) {
    struct signalfd_siginfo information;
    if (read(descriptor, &information, sizeof information) != sizeof information) return CLINUX_SIGNAL_NONE;
    switch (information.ssi_signo) {
    case SIGTERM: case SIGINT: return CLINUX_SIGNAL_STOP;
    case SIGHUP: return CLINUX_SIGNAL_RELOAD;
    case SIGUSR1: return CLINUX_SIGNAL_REPORT;
    default: return CLINUX_SIGNAL_NONE;
    }
}

size_t clinux_raise_descriptor_limit(size_t count) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return count;
    if (limit.rlim_cur < count) {
        limit.rlim_cur = limit.rlim_max < count ? limit.rlim_max : count;
        setrlimit(RLIMIT_NOFILE, &limit);
        getrlimit(RLIMIT_NOFILE, &limit);
    }
    return limit.rlim_cur < count ? (size_t)limit.rlim_cur : count;
}

void clinux_set_umask(void) { umask(077); }

int clinux_random_is_ready(void) {
    unsigned char byte;
    return getrandom(&byte, 1, GRND_NONBLOCK) >= 0 || errno != EAGAIN;
}

void clinux_random_wait(void) {
    unsigned char byte;
    while (getrandom(&byte, 1, 0) < 0 && errno == EINTR) { }
}

int clinux_is_root(void) { return geteuid() == 0; }
