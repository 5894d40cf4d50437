// Standard input and output of a program that copies, and waiting for them and a socket at once. Unlike
// epoll this takes files too. Results as in clinux_socket.h.
#ifndef CLINUX_STREAMS_H
#define CLINUX_STREAMS_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    int32_t descriptor;     ///< negative: not waited for
    uint8_t interest;       ///< CLINUX_READABLE, CLINUX_WRITABLE or both
    uint8_t ready;          ///< of these, what does not wait; an error or a hang-up is both
} clinux_watch;

#define CLINUX_WATCH_LIMIT 3

/// Waits for one of the descriptors for at most `milliseconds` (-1: without end). Returns how many are
/// ready, 0 also when a signal came.
int clinux_wait(clinux_watch *watches, size_t count, int milliseconds);

#define CLINUX_STANDARD_INPUT 0
#define CLINUX_STANDARD_OUTPUT 1

/// A broken pipe is an error from now on, no signal.
void clinux_ignore_broken_pipes(void);
int clinux_stdin_read(void *bytes, size_t count);
/// Writes some of the bytes, no more than a pipe that is ready takes at once.
int clinux_stdout_write_some(const void *bytes, size_t count);

#endif
