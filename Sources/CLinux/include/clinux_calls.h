// One call of the system each, on an open file or on a name in an open directory. Every function returns
// what the call returns, or -errno; EINTR is retried here. No name is followed if it is a symbolic link.
#ifndef CLINUX_CALLS_H
#define CLINUX_CALLS_H

#include <stddef.h>
#include <stdint.h>

/// Error numbers that decide how to go on, or that are found without a call; calls.c compares them.
#define CLINUX_FILE_MISSING (-2)            ///< ENOENT
#define CLINUX_FILE_BUSY (-11)              ///< EAGAIN: the next moment may be another
#define CLINUX_FILE_EXISTS (-17)            ///< EEXIST
#define CLINUX_FILE_IS_DIRECTORY (-21)      ///< EISDIR
#define CLINUX_FILE_NO_SPACE (-28)          ///< ENOSPC: a file took fewer bytes than it was given
/// Of clinux_link alone: the file system has no second names for files.
#define CLINUX_FILE_NO_LINKS (-10017)

/// Bytes of a name in a directory, its final zero included.
#define CLINUX_NAME_BYTES 256

typedef struct { char text[CLINUX_NAME_BYTES]; } clinux_name;

int clinux_is_same_name(const clinux_name *name, const clinux_name *other);

/// Types of files, as in inode(7). What is none of these is a device or a socket.
#define CLINUX_FIFO 0010000
#define CLINUX_DIRECTORY 0040000
#define CLINUX_REGULAR 0100000
#define CLINUX_SYMBOLIC_LINK 0120000

typedef struct {
    uint64_t device, inode;
    uint32_t type;
    uint32_t mode;              ///< permissions, 0777, and the sticky bit, 01000
    uint32_t user, group, links;
} clinux_status;

int clinux_stat(int descriptor, clinux_status *status);
int clinux_stat_at(int directory, const clinux_name *name, clinux_status *status);

/// Makes a file to read and write that was not there.
int clinux_create(int directory, const clinux_name *name, unsigned mode);
/// Opens what is there without waiting for it, and without taking a terminal.
int clinux_open(int directory, const clinux_name *name, int writes);
/// Opens a directory that was found, for clinux_sync.
int clinux_open_directory(int directory);
/// Whether names may be changed in a directory: 0, or why not.
int clinux_may_change(int directory);

int clinux_read(int descriptor, void *bytes, size_t count);
/// Reads from the first byte on.
int clinux_read_start(int descriptor, void *bytes, size_t count);
int clinux_write(int descriptor, const void *bytes, size_t count);
int clinux_set_owner(int descriptor, uint32_t user, uint32_t group);
int clinux_set_mode(int descriptor, unsigned mode);
int clinux_sync(int descriptor);
int clinux_empty(int descriptor);
int clinux_close(int descriptor);

/// A second name; an existing one is not replaced.
int clinux_link(int directory, const clinux_name *name, const clinux_name *other);
/// An existing file of the other name is replaced.
int clinux_rename(int directory, const clinux_name *name, const clinux_name *other);
int clinux_unlink(int directory, const clinux_name *name);

/// Locks an open file for writing, without waiting. The lock is the open file's, not the process's: whoever
/// asks sees it from the same process too.
int clinux_lock(int descriptor);
/// Whether somebody else has it locked for writing: 1 or 0, or -errno.
int clinux_is_locked(int descriptor);

#endif
