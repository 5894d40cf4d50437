// A file with the process id, which is also the sign that this process lives.
#ifndef CLINUX_PIDFILE_H
#define CLINUX_PIDFILE_H

#include <stddef.h>
#include <stdint.h>

/// Results of clinux_pidfile_take that no error number stands for; below every -errno.
#define CLINUX_PIDFILE_LIVE (-10003)        ///< another process holds it; *owner is its id
#define CLINUX_PIDFILE_NOT_ONE (-10004)     ///< the file holds something else than a process id

/// Writes this process's id to `path`, whole from the first moment on, and returns a descriptor that holds
/// it, or -errno or one of the above, or CLINUX_FILE_LINKED_BY_OTHERS. A file that no process holds is stale
/// or damaged and gets replaced; *owner is then the id that stood there, else 0. The sign is a lock, not the
/// id: ids are used again, after a power failure often at once.
int clinux_pidfile_take(const char *path, int32_t *owner);
/// Removes the file if it is still the one that the descriptor holds. Where that is not allowed any more, it
/// is emptied.
void clinux_pidfile_remove(const char *path, int descriptor);

#endif
