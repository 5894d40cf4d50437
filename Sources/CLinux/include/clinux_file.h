// Reading and writing small files.
#ifndef CLINUX_FILE_H
#define CLINUX_FILE_H

#include <stddef.h>
#include <stdint.h>

/// Results that no error number stands for; below every -errno.
#define CLINUX_FILE_NOT_REGULAR (-10001)
#define CLINUX_FILE_TOO_LARGE (-10002)
#define CLINUX_FILE_LINKED_BY_OTHERS (-10011)   ///< a link on the way that somebody else could change
#define CLINUX_FILE_LOCKED (-10012)             ///< another process has held the lock for half a minute
#define CLINUX_FILE_HOLDS_KEY (-10013)          ///< a private key would be lost
#define CLINUX_FILE_HOLDS_INDEX (-10016)        ///< the index of an authority would be lost
#define CLINUX_FILE_TWICE (-10014)              ///< two of the files have one place
#define CLINUX_FILE_NOT_GIVEN (-10015)          ///< it cannot be made the user's whose it shall be
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

#define CLINUX_NEW_FILES 5      ///< a key and its issuer's index, each in two steps, and its certificate
#define CLINUX_FILE_OWN ((uint32_t)-1)

typedef struct {
    const char *path;
    const void *bytes;
    size_t count;
    unsigned mode;              ///< from the first byte, whatever the umask is
    uint32_t user, group;       ///< whose a file becomes that is new; CLINUX_FILE_OWN for this process's
    int replaces;               ///< an existing file is replaced; its owner stays
    int keeps_keys;             ///< but not if there is a private key in it
    int is_again;               ///< the same place as that of a file before
} clinux_new_file;

/// Writes up to CLINUX_NEW_FILES files, all whole or none: to temporary names beside them, then fsync, and
/// in the given order rename and fsync of the directory. A file that is reached by a symbolic link is
/// replaced where it is; place.c has the rule for links. Returns 0, or -errno (-EEXIST for a file that
/// exists and is not to be replaced) or one of the above (a device or FIFO is never replaced) with the index
/// of the file in *failed: then nothing is left behind, and what was there is there again.
int clinux_write_files(const clinux_new_file *files, size_t count, size_t *failed);

/// Waits until no other process has locked this file, at most half a minute, and locks it until the process
/// ends. Returns 0, -errno or CLINUX_FILE_LOCKED.
int clinux_lock_file(const char *path);

/// Whether something has this name. A link that leads nowhere counts as nothing: it may be filled.
int clinux_exists(const char *path);

/// Whether both names lead to one file, which is there.
int clinux_is_same_file(const char *path, const char *other);

/// Whether both names lead to one name in one directory: what replaces one replaces the other.
int clinux_is_same_place(const char *path, const char *other);

/// Whether this process may put another file in this one's place: 0, or -errno of its
/// directory, or CLINUX_FILE_LINKED_BY_OTHERS.
int clinux_may_replace(const char *path);

/// Zeroes memory in a way that the compiler keeps.
void clinux_wipe(void *start, size_t bytes);

#endif
