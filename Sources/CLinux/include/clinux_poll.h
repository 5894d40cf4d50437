// epoll, level-triggered. Results as in clinux_socket.h.
#ifndef CLINUX_POLL_H
#define CLINUX_POLL_H

#include <stddef.h>
#include <stdint.h>

enum {
    CLINUX_READABLE = 1,    ///< also: end of stream, or an error that a read will tell
    CLINUX_WRITABLE = 2,
    CLINUX_BROKEN = 4,      ///< beside the others: there is an error
};

typedef struct {
    uint64_t token;         ///< what was given when the descriptor was added
    uint32_t ready;         ///< CLINUX_READABLE, CLINUX_WRITABLE, CLINUX_BROKEN
} clinux_event;

/// The most events that one wait returns: more wait for the next turn.
#define CLINUX_EVENT_LIMIT 64

int clinux_poll_open(void);
int clinux_poll_add(int poll, int descriptor, uint32_t interest, uint64_t token);
int clinux_poll_modify(int poll, int descriptor, uint32_t interest, uint64_t token);
/// Whichever of the two it needs.
int clinux_poll_set(int poll, int descriptor, uint32_t interest, uint64_t token);
/// Waits for at most `milliseconds` (-1: without end) and returns the number of events, 0 also when a signal
/// came.
/// *events is where they are until the next wait.
int clinux_poll_wait(int poll, const clinux_event **events, int milliseconds);

#endif
