// Reading small files. See clinux_file.h.
#define _GNU_SOURCE
#include "clinux_file.h"

#include <errno.h>
#include <fcntl.h>
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

void clinux_wipe(void *start, size_t bytes) { explicit_bzero(start, bytes); }
