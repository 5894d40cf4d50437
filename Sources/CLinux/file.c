// Reading and writing small files. See clinux_file.h.
#define _GNU_SOURCE
#include "clinux_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_whole(int descriptor, unsigned char *bytes, size_t capacity, int *open_to_others) {
    struct stat status;
    if (fstat(descriptor, &status) != 0) return -errno;
    if (!S_ISREG(status.st_mode)) return CLINUX_FILE_NOT_REGULAR;
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
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0) return -errno;
    int result = read_whole(descriptor, bytes, capacity, open_to_others);
    close(descriptor);
    return result;
}

static int write_whole(int descriptor, const unsigned char *bytes, size_t count, unsigned mode) {
    while (count > 0) {
        ssize_t written = write(descriptor, bytes, count);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return -errno;
        bytes += written;
        count -= (size_t)written;
    }
    // open(2) has taken the umask off; a mode that was asked for is meant.
    if (fchmod(descriptor, mode) != 0 || fsync(descriptor) != 0) return -errno;
    return 0;
}

static int open_temporary(const char *path, char *temporary, size_t capacity, unsigned mode) {
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        int length = snprintf(temporary, capacity, "%s.%d-%u.new", path, (int)getpid(), attempt);
        if (length < 0 || (size_t)length >= capacity) return -ENAMETOOLONG;
        int descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode & 0600);
        if (descriptor >= 0 || errno != EEXIST) return descriptor >= 0 ? descriptor : -errno;
    }
    return -EEXIST;
}

// A rename is on disk when its folder is. File systems without fsync for folders keep their own order.
static void sync_folder(const char *path) {
    char folder[PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    if (slash != NULL) {
        size_t length = slash == path ? 1 : (size_t)(slash - path);
        memcpy(folder, path, length);
        folder[length] = 0;
    }
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    fsync(descriptor);
    close(descriptor);
}

int clinux_write_file(const char *path, const void *bytes, size_t count, unsigned mode, int replaces) {
    char temporary[PATH_MAX];
    int descriptor = open_temporary(path, temporary, sizeof temporary, mode);
    if (descriptor < 0) return descriptor;
    int result = write_whole(descriptor, bytes, count, mode);
    if (close(descriptor) != 0 && result == 0) result = -errno;
    // link(2) refuses an existing name, as rename(2) does not.
    if (result == 0 && (replaces ? rename(temporary, path) : link(temporary, path)) != 0) result = -errno;
    if (result != 0 || !replaces) unlink(temporary);
    if (result == 0) sync_folder(path);
    return result;
}

void clinux_wipe(void *start, size_t bytes) { explicit_bzero(start, bytes); }
