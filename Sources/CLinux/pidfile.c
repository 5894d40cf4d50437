// The process id in a file. See clinux_pidfile.h.
#define _GNU_SOURCE
#include "clinux_pidfile.h"

#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
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

// What a power failure leaves where a number was: nothing, zeros, digits of two. What has other bytes and
// is longer than a number is somebody else's file.
static int is_damaged(const char *text, ssize_t count, size_t capacity) {
    if (count <= 16) return 1;
    for (ssize_t i = 0; i < count; i++)
        if (text[i] != 0 && strchr("0123456789- \n", text[i]) == NULL) return 0;
    return (size_t)count < capacity;
}

// Empty is what a server leaves that may not remove its file.
static int read_owner(int descriptor, int32_t *owner) {
    char text[4097];
    ssize_t count = pread(descriptor, text, sizeof text, 0);
    int64_t number = 0;
    if (count < 0) return -errno;
    if (!is_damaged(text, count, sizeof text)) return CLINUX_PIDFILE_NOT_ONE;
    while (count > 0 && (text[count - 1] == '\n' || text[count - 1] == ' ')) count--;
    for (ssize_t i = 0; i < count && number <= INT32_MAX; i++) {
        int is_digit = text[i] >= '0' && text[i] <= '9';
        number = is_digit ? number * 10 + (text[i] - '0') : (int64_t)INT32_MAX + 1;
    }
    *owner = number <= INT32_MAX ? (int32_t)number : 0;
    return 0;
}

static int same_file(int descriptor, const clinux_place *place) {
    struct stat own, there;
    return fstat(descriptor, &own) == 0
        && fstatat(place->directory, place->name, &there, AT_SYMLINK_NOFOLLOW) == 0
        && own.st_dev == there.st_dev && own.st_ino == there.st_ino;
}

static int put_over(const char *temporary, const clinux_place *place) {
    return renameat(place->directory, temporary, place->directory, place->name) == 0 ? 0 : -errno;
}

// Replaces what a dead process left. -EAGAIN: another start was faster, look again.
static int replace(const char *temporary, const clinux_place *place, int32_t *owner) {
    int old = openat(
        place->directory, place->name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (old < 0) return errno == ENOENT ? -EAGAIN : -errno;
    struct stat status;
    int result = fstat(old, &status) != 0 ? -errno : S_ISREG(status.st_mode) ? 0 : CLINUX_PIDFILE_NOT_ONE;
    if (result == 0) result = read_owner(old, owner);
    if (result == 0 && is_held(old)) result = CLINUX_PIDFILE_LIVE;
    // Who waited for the lock of a file that is not there any more has not won.
    if (result == 0 && !same_file(old, place)) result = -EAGAIN;
    if (result == 0) result = put_over(temporary, place);
    close(old);
    return result;
}

static int put_in_place(const char *temporary, const clinux_place *place, int32_t *owner) {
    for (int attempt = 0; attempt < 100; attempt++) {
        // link(2) refuses an existing name, as rename(2) does not.
        *owner = 0;
        if (linkat(place->directory, temporary, place->directory, place->name, 0) == 0) return 0;
        // File systems without links: two that start in the same moment may not see each other.
        if (errno == EPERM && faccessat(place->directory, place->name, F_OK, 0) != 0)
            return put_over(temporary, place);
        if (errno != EEXIST && errno != EPERM) return -errno;
        int result = replace(temporary, place, owner);
        if (result != -EAGAIN) return result;
    }
    return -EAGAIN;
}

static int take(const clinux_place *place, int32_t *owner) {
    char temporary[NAME_MAX + 1], text[16];
    int descriptor = clinux_create_beside(place, temporary, 0644);
    if (descriptor < 0) return descriptor;
    int count = snprintf(text, sizeof text, "%d\n", (int)getpid());
    int result = fchmod(descriptor, 0644) != 0 ? -errno : lock(descriptor);
    if (result == 0) {
        ssize_t written = write(descriptor, text, (size_t)count);
        if (written != count) result = written < 0 ? -errno : -ENOSPC;
    }
    if (result == 0) result = put_in_place(temporary, place, owner);
    unlinkat(place->directory, temporary, 0);
    if (result == 0) return descriptor;
    close(descriptor);
    return result;
}

int clinux_pidfile_take(const char *path, int32_t *owner) {
    clinux_place place;
    int result = clinux_locate(path, &place);
    if (result != 0) return result;
    // What is never opened does nothing, whatever it is.
    if (place.is_there && !S_ISREG(place.status.st_mode))
        result = S_ISDIR(place.status.st_mode) ? -EISDIR : CLINUX_PIDFILE_NOT_ONE;
    if (result == 0) result = clinux_may_write(&place, place.is_there ? place.status.st_uid : geteuid());
    if (result == 0) result = take(&place, owner);
    clinux_place_close(&place);
    return result;
}

void clinux_pidfile_remove(const char *path, int descriptor) {
    clinux_place place;
    int is_removed = 0;
    if (clinux_locate(path, &place) == 0) {
        is_removed = same_file(descriptor, &place) && unlinkat(place.directory, place.name, 0) == 0;
        clinux_place_close(&place);
    }
    if (!is_removed) (void)!ftruncate(descriptor, 0);
    close(descriptor);
}
