// Standard input and output. See clinux_streams.h.
#define _GNU_SOURCE
#include "clinux_streams.h"

#include "clinux_poll.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

int clinux_wait(clinux_watch *watches, size_t count, int milliseconds) {
    struct pollfd polled[CLINUX_WATCH_LIMIT];
    for (size_t i = 0; i < count; i++) {
        int interest = (watches[i].interest & CLINUX_READABLE ? POLLIN : 0)
            | (watches[i].interest & CLINUX_WRITABLE ? POLLOUT : 0);
        // A descriptor without interest would still report a hang-up, again and again.
        polled[i] = (struct pollfd){.fd = interest ? watches[i].descriptor : -1, .events = (short)interest};
    }
    int ready = poll(polled, count, milliseconds);
    if (ready < 0 && errno != EINTR) return -errno;
    for (size_t i = 0; i < count; i++) {
        int told = ready < 0 ? 0 : polled[i].revents;
        int both = told & (POLLERR | POLLHUP | POLLNVAL) ? CLINUX_READABLE | CLINUX_WRITABLE : 0;
        int found = both | (told & POLLIN ? CLINUX_READABLE : 0) | (told & POLLOUT ? CLINUX_WRITABLE : 0);
        watches[i].ready = (uint8_t)(found & watches[i].interest);
    }
    return ready < 0 ? 0 : ready;
}

void clinux_ignore_broken_pipes(void) { signal(SIGPIPE, SIG_IGN); }

int clinux_stdin_read(void *bytes, size_t count) {
    ssize_t got = read(STDIN_FILENO, bytes, count);
    if (got < 0 && errno == EINTR) return -EAGAIN;
    return got < 0 ? -errno : (int)got;
}

int clinux_stdout_write_some(const void *bytes, size_t count) {
    // The descriptor stays blocking, since others share it; a pipe that polls writable takes PIPE_BUF bytes.
    ssize_t written = write(STDOUT_FILENO, bytes, count < PIPE_BUF ? count : PIPE_BUF);
    if (written < 0 && errno == EINTR) return -EAGAIN;
    return written < 0 ? -errno : (int)written;
}
