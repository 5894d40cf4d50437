// epoll. See clinux_poll.h.
#define _GNU_SOURCE
#include "clinux_poll.h"

#include <errno.h>
#include <sys/epoll.h>

int clinux_poll_open(void) {
    int poll = epoll_create1(EPOLL_CLOEXEC);
    return poll >= 0 ? poll : -errno;
}

static int control(int poll, int operation, int descriptor, uint32_t interest, uint64_t token) {
    struct epoll_event event = {.data.u64 = token};
    if (interest & CLINUX_READABLE) event.events |= EPOLLIN;
    if (interest & CLINUX_WRITABLE) event.events |= EPOLLOUT;
    // A hang-up cannot be left out, and would be told again and again; so it is told once.
    if (event.events == 0) event.events = EPOLLET;
    return epoll_ctl(poll, operation, descriptor, &event) == 0 ? 0 : -errno;
}

int clinux_poll_add(int poll, int descriptor, uint32_t interest, uint64_t token) {
    return control(poll, EPOLL_CTL_ADD, descriptor, interest, token);
}

int clinux_poll_modify(int poll, int descriptor, uint32_t interest, uint64_t token) {
    return control(poll, EPOLL_CTL_MOD, descriptor, interest, token);
}

int clinux_poll_set(int poll, int descriptor, uint32_t interest, uint64_t token) {
    int result = control(poll, EPOLL_CTL_MOD, descriptor, interest, token);
    return result == -ENOENT ? control(poll, EPOLL_CTL_ADD, descriptor, interest, token) : result;
}

int clinux_poll_wait(int poll, const clinux_event **result, int milliseconds) {
    static clinux_event events[CLINUX_EVENT_LIMIT];
    struct epoll_event ready[CLINUX_EVENT_LIMIT];
    int count = epoll_wait(poll, ready, CLINUX_EVENT_LIMIT, milliseconds);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < count; i++) {
        // A hang-up or an error wakes both sides: the next read or write tells what it was.
        uint32_t both = ready[i].events & (EPOLLHUP | EPOLLERR) ? CLINUX_READABLE | CLINUX_WRITABLE : 0;
        events[i].token = ready[i].data.u64;
        events[i].ready = both
            | (ready[i].events & EPOLLIN ? CLINUX_READABLE : 0)
            | (ready[i].events & EPOLLOUT ? CLINUX_WRITABLE : 0)
            | (ready[i].events & EPOLLERR ? CLINUX_BROKEN : 0);
    }
    *result = events;
    return count;
}
