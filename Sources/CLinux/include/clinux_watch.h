// Changes from outside that the loop must hear of: files that are replaced, a clock that is set. Results as
// in clinux_socket.h.
#ifndef CLINUX_WATCH_H
#define CLINUX_WATCH_H

#include <stddef.h>
#include <stdint.h>

/// A descriptor that becomes readable when something happens in the folders of watched files.
int clinux_files_open(void);
/// Watches the folder of a file, because files are replaced by renaming, and the folder of what it links to.
int clinux_files_watch(int files, const char *path);
/// Takes all events off the descriptor.
void clinux_files_drain(int files);
/// A number that changes when the file at a path does, or another one takes its place; mixed with `seed`.
uint64_t clinux_file_stamp(const char *path, uint64_t seed);

/// A descriptor that becomes readable when the clock of the time of day is set.
int clinux_clock_open(void);
/// Not 0 when the clock has been set since the last call.
int clinux_clock_was_set(int clock);

#endif
