// Calls of the system on files. See clinux_calls.h.
#define _GNU_SOURCE
#include "clinux_calls.h"

#include "status.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

_Static_assert(CLINUX_FILE_MISSING == -ENOENT && CLINUX_FILE_BUSY == -EAGAIN, "as in the header");
_Static_assert(CLINUX_FILE_NO_SPACE == -ENOSPC, "as in the header");
_Static_assert(CLINUX_FILE_EXISTS == -EEXIST && CLINUX_FILE_IS_DIRECTORY == -EISDIR, "as in the header");
_Static_assert(CLINUX_FIFO == S_IFIFO && CLINUX_DIRECTORY == S_IFDIR, "as in the header");
_Static_assert(CLINUX_REGULAR == S_IFREG && CLINUX_SYMBOLIC_LINK == S_IFLNK, "as in the header");
_Static_assert(CLINUX_NAME_BYTES == NAME_MAX + 1, "as in the header");

static int result_of(int returned) { return returned >= 0 ? returned : -errno; }

int clinux_is_same_name(const clinux_name *name, const clinux_name *other) {
    return strcmp(name->text, other->text) == 0;
}

void clinux_status_from_system(clinux_status *status, const struct stat *system) {
    *status = (clinux_status){
        .device = system->st_dev, .inode = system->st_ino, .links = (uint32_t)system->st_nlink,
        .type = system->st_mode & S_IFMT, .mode = system->st_mode & ~(mode_t)S_IFMT,
        .user = system->st_uid, .group = system->st_gid};
}

int clinux_stat(int descriptor, clinux_status *status) {
    struct stat system;
    if (fstat(descriptor, &system) != 0) return -errno;
    clinux_status_from_system(status, &system);
    return 0;
}

int clinux_stat_at(int directory, const clinux_name *name, clinux_status *status) {
    struct stat system;
    if (fstatat(directory, name->text, &system, AT_SYMLINK_NOFOLLOW) != 0) return -errno;
    clinux_status_from_system(status, &system);
    return 0;
}

int clinux_create(int directory, const clinux_name *name, unsigned mode) {
    int flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    return result_of(openat(directory, name->text, flags, mode));
}

int clinux_open(int directory, const clinux_name *name, int writes) {
    int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    return result_of(openat(directory, name->text, flags | (writes ? O_RDWR : O_RDONLY)));
}

int clinux_open_directory(int directory) {
    return result_of(openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

int clinux_may_change(int directory) { return result_of(faccessat(directory, ".", W_OK | X_OK, 0)); }

int clinux_read(int descriptor, void *bytes, size_t count) {
    ssize_t got;
    do got = read(descriptor, bytes, count); while (got < 0 && errno == EINTR);
    return result_of((int)got);
}

int clinux_read_start(int descriptor, void *bytes, size_t count) {
    return result_of((int)pread(descriptor, bytes, count, 0));
}

int clinux_write(int descriptor, const void *bytes, size_t count) {
    ssize_t written;
    do written = write(descriptor, bytes, count); while (written < 0 && errno == EINTR);
    return result_of((int)written);
}

int clinux_set_owner(int descriptor, uint32_t user, uint32_t group) {
    return result_of(fchown(descriptor, user, group));
}

int clinux_set_mode(int descriptor, unsigned mode) { return result_of(fchmod(descriptor, mode)); }

int clinux_sync(int descriptor) { return result_of(fsync(descriptor)); }

int clinux_empty(int descriptor) { return result_of(ftruncate(descriptor, 0)); }

int clinux_close(int descriptor) { return result_of(close(descriptor)); }

int clinux_link(int directory, const clinux_name *name, const clinux_name *other) {
    if (linkat(directory, name->text, directory, other->text, 0) == 0) return 0;
    int has_none = errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS || errno == EMLINK;
    return has_none ? CLINUX_FILE_NO_LINKS : -errno;
}

int clinux_rename(int directory, const clinux_name *name, const clinux_name *other) {
    return result_of(renameat(directory, name->text, directory, other->text));
}

int clinux_unlink(int directory, const clinux_name *name) {
    return result_of(unlinkat(directory, name->text, 0));
}

int clinux_lock(int descriptor) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return result_of(fcntl(descriptor, F_OFD_SETLK, &whole));
}

int clinux_is_locked(int descriptor) {
    struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    return fcntl(descriptor, F_OFD_GETLK, &whole) == 0 ? whole.l_type != F_UNLCK : -errno;
}
