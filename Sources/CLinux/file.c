// Reading small files, and waiting for the lock of one. See clinux_file.h.
#define _GNU_SOURCE
#include "clinux_file.h"

#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

// What it is is known before it is opened: opening a device can do things. It may have been exchanged since,
// by whoever owns the directory, so neither does opening a FIFO wait, nor is anything but a file read.
static int open_regular(const char *path) {
    clinux_place place;
    int result = clinux_locate(path, &place);
    if (result != 0) return result;
    if (!place.is_there) result = -ENOENT;
    else if (!S_ISREG(place.status.st_mode)) result = CLINUX_FILE_NOT_REGULAR;
    else result = clinux_may_read(&place);
    if (result == 0) {
        int follows = place.is_opened_by_kernel ? 0 : O_NOFOLLOW;
        result = openat(
            place.directory, place.name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | follows);
        if (result < 0) result = -errno;
    }
    struct stat opened;
    int is_exchanged = result >= 0 && (fstat(result, &opened) != 0 || !S_ISREG(opened.st_mode)
        || opened.st_dev != place.status.st_dev || opened.st_ino != place.status.st_ino);
    clinux_place_close(&place);
    if (!is_exchanged) return result;
    close(result);
    return -EAGAIN;
}

// A file that is replaced at this moment is there at the next.
static int open_settled(const char *path) {
    int descriptor = -EAGAIN;
    for (int attempt = 0; descriptor == -EAGAIN && attempt < 16; attempt++) descriptor = open_regular(path);
    return descriptor;
}

static int read_whole(int descriptor, unsigned char *bytes, size_t capacity, int *open_to_others) {
    struct stat status;
    if (fstat(descriptor, &status) != 0) return -errno;
    *open_to_others = (status.st_mode & (S_IRGRP | S_IROTH)) != 0;
    size_t count = 0;
    for (;;) {
        ssize_t got = read(descriptor, bytes + count, capacity - count);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -errno;
        if (got == 0) return (int)count;
        count += (size_t)got;
        if (count == capacity) return CLINUX_FILE_TOO_LARGE;
    }
}

int clinux_read_file(const char *path, void *bytes, size_t capacity, int *open_to_others) {
    int descriptor = open_settled(path);
    if (descriptor < 0) return descriptor;
    int result = read_whole(descriptor, bytes, capacity, open_to_others);
    close(descriptor);
    return result;
}

int clinux_lock_file(const char *path) {
    enum { TRIES = 300 };       // half a minute
    int descriptor = open_settled(path);
    if (descriptor < 0) return descriptor;
    // Whoever may read the file can hold its lock for ever.
    for (int attempt = 0; flock(descriptor, LOCK_EX | LOCK_NB) != 0; attempt++) {
        int error = -errno;
        if (error == -EINTR) continue;
        if (error != -EWOULDBLOCK || attempt == TRIES) {
            close(descriptor);
            return error == -EWOULDBLOCK ? CLINUX_FILE_LOCKED : error;
        }
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    }
    return 0;
}

int clinux_exists(const char *path) {
    struct stat status;
    if (stat(path, &status) == 0) return 1;
    // A link that leads nowhere is a name that may be filled.
    return errno != ENOENT && lstat(path, &status) == 0;
}

int clinux_is_same_file(const char *path, const char *other) {
    struct stat one, two;
    if (stat(path, &one) != 0 || stat(other, &two) != 0) return 0;
    return one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

void clinux_wipe(void *start, size_t bytes) { explicit_bzero(start, bytes); }
