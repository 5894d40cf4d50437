// Reading and writing small files.
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

#define CLINUX_NEW_FILES 2      ///< a key and its certificate

typedef struct {
    const char *path;
    const void *bytes;
    size_t count;
    unsigned mode;              ///< from the first byte, whatever the umask is
} clinux_new_file;

/// Writes up to two files, all whole or none: to temporary names beside them, then fsync, rename in the
/// given order, and fsync of the folders. Where `replaces` is 0 existing files stay and -EEXIST is returned;
/// otherwise a replaced file's owner stays. Returns 0, or -errno with the index of the file in *failed: then
/// nothing is left behind, and what was there is there again.
int clinux_write_files(const clinux_new_file *files, size_t count, int replaces, size_t *failed);

/// Whether something has this name, be it a link that leads nowhere.
int clinux_exists(const char *path);

/// Zeroes memory in a way that the compiler keeps.
void clinux_wipe(void *start, size_t bytes);

#endif
