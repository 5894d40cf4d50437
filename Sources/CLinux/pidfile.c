// The process id in a file. See clinux_pidfile.h.
#define _GNU_SOURCE
#include "clinux_pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

// A lock of the open file, not of the process: whoever asks sees it from the same process too.
static int lock(int descriptor) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(descriptor, F_OFD_SETLK, &whole) == 0 ? 0 : -errno;
}

// Whether another one has the lock. Everybody may read the file, and so get a lock for reading; that is no
// sign of life.
static int is_held(int descriptor) {
    struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    return lock(descriptor) != 0 && fcntl(descriptor, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}

// Empty is what a server leaves that may not remove its file.
static int read_owner(int descriptor, int32_t *owner) {
    char text[16];
    ssize_t count = pread(descriptor, text, sizeof text, 0);
    int64_t number = 0;
    if (count < 0) return -errno;
    while (count > 0 && (text[count - 1] == '\n' || text[count - 1] == ' ')) count--;
    for (ssize_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') return CLINUX_PIDFILE_NOT_ONE;
        number = number * 10 + (text[i] - '0');
        if (number > INT32_MAX) return CLINUX_PIDFILE_NOT_ONE;
    }
    *owner = (int32_t)number;
    return 0;
}

static int same_file(int descriptor, const char *path) {
    struct stat own, there;
    return fstat(descriptor, &own) == 0 && lstat(path, &there) == 0
        && own.st_dev == there.st_dev && own.st_ino == there.st_ino;
}

// Replaces what a dead process left. -EAGAIN: another start was faster, look again.
static int replace(const char *temporary, const char *path, int32_t *owner) {
    int old = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (old < 0) return errno == ENOENT ? -EAGAIN : -errno;
    struct stat status;
    int result = fstat(old, &status) != 0 ? -errno : S_ISREG(status.st_mode) ? 0 : CLINUX_PIDFILE_NOT_ONE;
    if (result == 0) result = read_owner(old, owner);
    if (result == 0 && is_held(old)) result = CLINUX_PIDFILE_LIVE;
    // Who waited for the lock of a file that is not there any more has not won.
    if (result == 0 && !same_file(old, path)) result = -EAGAIN;
    if (result == 0 && rename(temporary, path) != 0) result = -errno;
    close(old);
    return result;
}

static int put_in_place(const char *temporary, const char *path, int32_t *owner) {
    for (int attempt = 0; attempt < 100; attempt++) {
        // link(2) refuses an existing name, as rename(2) does not.
        *owner = 0;
        if (link(temporary, path) == 0) return 0;
        // File systems without links: two that start in the same moment may not see each other.
        if (errno == EPERM && access(path, F_OK) != 0) return rename(temporary, path) == 0 ? 0 : -errno;
        if (errno != EEXIST && errno != EPERM) return -errno;
        int result = replace(temporary, path, owner);
        if (result != -EAGAIN) return result;
    }
    return -EAGAIN;
}

int clinux_pidfile_take(const char *path, int32_t *owner) {
    char temporary[PATH_MAX], text[16];
    int length = snprintf(temporary, sizeof temporary, "%s.%d.new", path, (int)getpid());
    if (length < 0 || (size_t)length >= sizeof temporary) return -ENAMETOOLONG;
    // What a dead process with the same id left there is nobody's.
    unlink(temporary);
    int descriptor = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (descriptor < 0) return -errno;
    int count = snprintf(text, sizeof text, "%d\n", (int)getpid());
    int result = fchmod(descriptor, 0644) != 0 ? -errno : lock(descriptor);
    if (result == 0) {
        ssize_t written = write(descriptor, text, (size_t)count);
        if (written != count) result = written < 0 ? -errno : -ENOSPC;
    }
    if (result == 0) result = put_in_place(temporary, path, owner);
    unlink(temporary);
    if (result == 0) return descriptor;
    close(descriptor);
    return result;
}

void clinux_pidfile_remove(const char *path, int descriptor) {
    if (!same_file(descriptor, path) || unlink(path) != 0) (void)!ftruncate(descriptor, 0);
    close(descriptor);
}
