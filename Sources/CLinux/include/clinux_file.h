// Reading and writing small files.
#ifndef CLINUX_FILE_H
#define CLINUX_FILE_H

#include <stddef.h>
#include <stdint.h>

/// Results that no error number stands for; below every -errno.
#define CLINUX_FILE_NOT_REGULAR (-10001)
#define CLINUX_FILE_TOO_LARGE (-10002)

/// Reads a regular file whole into `bytes` and returns its size, or -errno or one of the above.
/// `open_to_others` becomes 1 when group or others may read it, else 0. Never waits: a FIFO or a device is
/// refused.
int clinux_read_file(const char *path, void *bytes, size_t capacity, int *open_to_others);

#define CLINUX_NEW_FILES 3      ///< a key, its certificate and the index of its issuer

typedef struct {
    const char *path;
    const void *bytes;
    size_t count;
    unsigned mode;              ///< from the first byte, whatever the umask is
    int replaces;               ///< an existing file is replaced; its owner stays
} clinux_new_file;

/// Writes up to CLINUX_NEW_FILES files, all whole or none: to temporary names beside them, then fsync,
/// rename in the given order, and fsync of the folders. Returns 0, or -errno (-EEXIST for a file that exists
/// and is not to be replaced) or CLINUX_FILE_NOT_REGULAR (a device or FIFO is never replaced) with the
/// index of the file in *failed: then nothing is left behind, and what was there is there again.
int clinux_write_files(const clinux_new_file *files, size_t count, size_t *failed);

/// Waits until no other process has locked this file, and locks it until the process ends. Returns 0 or
/// -errno.
int clinux_lock_file(const char *path);

/// Whether something has this name, be it a link that leads nowhere.
int clinux_exists(const char *path);

/// Whether both names lead to one file, which is there.
int clinux_is_same_file(const char *path, const char *other);

/// Whether this process may put another file in this one's place: 0, or -errno of its folder.
int clinux_may_replace(const char *path);

/// Zeroes memory in a way that the compiler keeps.
void clinux_wipe(void *start, size_t bytes);

#endif
