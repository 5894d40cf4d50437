// A function that the Embedded Swift library expects of libc and musl does not have. Swift seeds hashes with
// it; no collection here hashes anything, but the linker cannot know.
#define _GNU_SOURCE
#include <features.h>

#if !defined(__GLIBC__)

#include <stdlib.h>
#include <sys/random.h>

void arc4random_buf(void *bytes, size_t count);
void arc4random_buf(void *bytes, size_t count) {
    unsigned char *next = bytes;
    while (count > 0) {
        ssize_t got = getrandom(next, count, 0);
        if (got < 0) abort();
        next += got;
        count -= (size_t)got;
    }
}

#endif
