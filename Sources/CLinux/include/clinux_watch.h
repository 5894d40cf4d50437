// Changes from outside that the loop must hear of: files that are replaced, a clock that is set. Results as
// in clinux_socket.h.
#ifndef CLINUX_WATCH_H
#define CLINUX_WATCH_H

#include <stddef.h>
#include <stdint.h>

/// A descriptor that becomes readable when something happens in the directories of watched files.
int clinux_files_open(void);
/// The name leads to nothing yet, in a directory that is there. Below every -errno.
#define CLINUX_FILES_MISSING (-10031)
/// Watches all that decides where a name leads, and the file: every directory and link on the way. Mixes
/// what is there now into *stamp, which so changes with any of it. `files` is -1 to do only that. Returns 0,
/// CLINUX_FILES_MISSING, or -errno of the first watch that could not be set.
int clinux_files_look(int files, const char *path, uint64_t *stamp);
/// Takes all events off the descriptor.
void clinux_files_drain(int files);
/// A descriptor that becomes readable when the clock of the time of day is set.
int clinux_clock_open(void);
/// Not 0 when the clock has been set since the last call.
int clinux_clock_was_set(int clock);

#endif
