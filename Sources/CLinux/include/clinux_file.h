// Reading small files.
#ifndef CLINUX_FILE_H
#define CLINUX_FILE_H

#include <stddef.h>
#include <stdint.h>

/// Results of clinux_read_file that no error number stands for; below every -errno.
#define CLINUX_FILE_NOT_REGULAR (-10001)
#define CLINUX_FILE_TOO_LARGE (-10002)

/// Reads a regular file whole into `bytes` and returns its size, or -errno or one of the above.
/// `open_to_others` becomes 1 when group or others may read it, else 0. Never waits: a FIFO or a device is
/// refused.
int clinux_read_file(const char *path, void *bytes, size_t capacity, int *open_to_others);

/// Writes a file whole or not at all: to a temporary name beside it, with `mode` from the first byte, then
/// fsync, rename, and fsync of the folder. Where `replaces` is 0 an existing file stays and -EEXIST is
/// returned. Returns 0 or -errno; on an error nothing is left behind.
int clinux_write_file(const char *path, const void *bytes, size_t count, unsigned mode, int replaces);

/// Zeroes memory in a way that the compiler keeps.
void clinux_wipe(void *start, size_t bytes);

#endif
