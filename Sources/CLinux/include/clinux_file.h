// Reading small files, and waiting for the lock of one.
#ifndef CLINUX_FILE_H
#define CLINUX_FILE_H

#include <stddef.h>
#include <stdint.h>

/// Results that no error number stands for; below every -errno.
#define CLINUX_FILE_NOT_REGULAR (-10001)
#define CLINUX_FILE_TOO_LARGE (-10002)
#define CLINUX_FILE_LINKED_BY_OTHERS (-10011)   ///< a link on the way that somebody else could change
#define CLINUX_FILE_LOCKED (-10012)             ///< another process has held the lock for half a minute
#define CLINUX_FILE_NO_WRITER (-10007)      ///< a FIFO that nobody has opened to write
#define CLINUX_FILE_READ_ONCE (-10008)      ///< a pipe, where nothing may wait

/// How long a FIFO may be without a writer.
#define CLINUX_WRITER_MILLISECONDS 5000

typedef struct {
    int open_to_others;         ///< 1 when group or others may read it
    int64_t size;               ///< of a regular file, also of one that is too large; 0 for a pipe
} clinux_file_status;

/// Reads a file whole into `bytes`, which must have a byte to spare, and returns its size, or -errno or one
/// of the above. "-" and /dev/stdin are standard input, whatever that is. Pipes and FIFOs are read to their
/// end, which is waited for; a device is refused.
int clinux_read_file(const char *path, void *bytes, size_t capacity, clinux_file_status *found);

/// Whether a name stands for standard input.
int clinux_is_standard_input(const char *path);

/// From now on only regular files are read: a loop waits for nobody.
void clinux_forbid_waiting(void);

/// Waits until no other process has locked this file, at most half a minute, and locks it until the process
/// ends. Returns 0, -errno or CLINUX_FILE_LOCKED.
int clinux_lock_file(const char *path);

/// Whether something has this name. A link that leads nowhere counts as nothing: it may be filled.
int clinux_exists(const char *path);

/// Writes the path to `target` that a symbolic link leads to in the end: how many links were followed, 0
/// where it is none, or -errno. Only the last component counts; who made the links is not looked at.
int clinux_target(const char *path, char *target, size_t room);

/// Whether both names lead to one file, which is there.
int clinux_is_same_file(const char *path, const char *other);

/// Zeroes memory in a way that the compiler keeps.
void clinux_wipe(void *start, size_t bytes);

#endif
