// Reading small files, and waiting for the lock of one. See clinux_file.h.
#define _GNU_SOURCE
#include "clinux_file.h"

#include "clinux_place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

// What it is is known before it is opened: opening a device can do things. It may have been exchanged since,
// by whoever owns the directory, so opening a FIFO does not wait, and nothing else than was found is read.
static int open_found(const char *path) {
    clinux_place place;
    int result = clinux_locate(path, &place);
    if (result != 0) return result;
    if (!place.is_there) result = -ENOENT;
    else if (place.status.type == CLINUX_DIRECTORY) result = -EISDIR;
    else if (place.status.type != CLINUX_REGULAR && place.status.type != CLINUX_FIFO)
        result = CLINUX_FILE_NOT_REGULAR;
    else result = clinux_may_read(&place);
    if (result == 0) {
        int follows = place.is_opened_by_kernel ? 0 : O_NOFOLLOW;
        result = openat(
            place.directory, place.name.text, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | follows);
        if (result < 0) result = -errno;
    }
    clinux_status opened;
    int is_exchanged = result >= 0 && (clinux_stat(result, &opened) != 0
        || opened.type != place.status.type
        || opened.device != place.status.device || opened.inode != place.status.inode);
    clinux_place_close(&place);
    if (!is_exchanged) return result;
    close(result);
    return -EAGAIN;
}

// A file that is replaced at this moment is there at the next.
static int open_settled(const char *path) {
    int descriptor = -EAGAIN;
    for (int attempt = 0; descriptor == -EAGAIN && attempt < 16; attempt++) descriptor = open_found(path);
    return descriptor;
}

static int waiting_is_forbidden;

void clinux_forbid_waiting(void) { waiting_is_forbidden = 1; }

// Waits for something to read, or for the end. A FIFO that nobody has opened to write must not hold up a
// start for ever; whoever has one open may take as long as it likes.
static int wait_for_input(int descriptor, int may_lack_writer) {
    struct pollfd watched = {.fd = descriptor, .events = POLLIN};
    int ready;
    do ready = poll(&watched, 1, may_lack_writer ? CLINUX_WRITER_MILLISECONDS : -1);
    while (ready < 0 && errno == EINTR);
    if (ready < 0) return -errno;
    return ready == 0 ? CLINUX_FILE_NO_WRITER : 0;
}

static int read_all(int descriptor, unsigned char *bytes, size_t capacity, int may_lack_writer) {
    size_t count = 0;
    for (;;) {
        ssize_t got = read(descriptor, bytes + count, capacity - count);
        if (got < 0 && errno == EINTR) continue;
        // A FIFO without a writer is at its end at once.
        if ((got < 0 && errno == EAGAIN) || (got == 0 && count == 0 && may_lack_writer)) {
            int result = wait_for_input(descriptor, may_lack_writer);
            if (result != 0) return result;
            if (got == 0) may_lack_writer = 0;
            continue;
        }
        if (got < 0) return -errno;
        if (got == 0) return (int)count;
        count += (size_t)got;
        may_lack_writer = 0;
        if (count == capacity) return CLINUX_FILE_TOO_LARGE;
    }
}

static int read_open(int descriptor, int is_input, void *bytes, size_t capacity, clinux_file_status *found) {
    struct stat status;
    if (fstat(descriptor, &status) != 0) return -errno;
    if (S_ISDIR(status.st_mode)) return -EISDIR;
    if (S_ISREG(status.st_mode)) {
        found->open_to_others = (status.st_mode & (S_IRGRP | S_IROTH)) != 0;
        found->size = status.st_size;
        if ((uint64_t)status.st_size >= capacity) return CLINUX_FILE_TOO_LARGE;
        return read_all(descriptor, bytes, capacity, 0);
    }
    if (!is_input && !S_ISFIFO(status.st_mode)) return CLINUX_FILE_NOT_REGULAR;
    if (waiting_is_forbidden) return CLINUX_FILE_READ_ONCE;
    return read_all(descriptor, bytes, capacity, S_ISFIFO(status.st_mode) && !is_input);
}

int clinux_is_standard_input(const char *path) {
    return strcmp(path, "-") == 0 || strcmp(path, "/dev/stdin") == 0 || strcmp(path, "/dev/fd/0") == 0
        || strcmp(path, "/proc/self/fd/0") == 0;
}

int clinux_read_file(const char *path, void *bytes, size_t capacity, clinux_file_status *found) {
    *found = (clinux_file_status){0};
    if (clinux_is_standard_input(path)) return read_open(STDIN_FILENO, 1, bytes, capacity, found);
    int descriptor = open_settled(path);
    if (descriptor < 0) return descriptor;
    int result = read_open(descriptor, 0, bytes, capacity, found);
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

int clinux_target(const char *path, char *target, size_t room) {
    enum { LINKS_MAX = 40 };    // as in the kernel
    char link[PATH_MAX];
    size_t length = strlen(path);
    if (length >= room) return -ENAMETOOLONG;
    memcpy(target, path, length + 1);
    for (int links = 0; links <= LINKS_MAX; links++) {
        ssize_t count = readlink(target, link, sizeof link);
        if (count < 0) return errno == EINVAL || errno == ENOENT ? links : -errno;
        // A relative one counts from the link's directory.
        const char *slash = link[0] == '/' ? NULL : strrchr(target, '/');
        size_t start = slash == NULL ? 0 : (size_t)(slash - target) + 1;
        if ((size_t)count == sizeof link || start + (size_t)count >= room) return -ENAMETOOLONG;
        memcpy(target + start, link, (size_t)count);
        target[start + (size_t)count] = 0;
    }
    return -ELOOP;
}

int clinux_is_same_file(const char *path, const char *other) {
    struct stat one, two;
    if (stat(path, &one) != 0 || stat(other, &two) != 0) return 0;
    return one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

void clinux_wipe(void *start, size_t bytes) { explicit_bzero(start, bytes); }
