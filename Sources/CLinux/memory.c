// The process's own memory as the kernel has it, in pages whose size only the running kernel knows. See
// clinux_memory.h.
#define _GNU_SOURCE
#include "clinux_memory.h"

#include <errno.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>

enum { PAGE_BYTES_MAX = 65536 };    // the largest of any kernel that the ports run on

size_t clinux_page_bytes(void) {
    size_t bytes = getauxval(AT_PAGESZ);
    return bytes != 0 && (bytes & (bytes - 1)) == 0 ? bytes : PAGE_BYTES_MAX;
}

int clinux_exclude_from_dumps(void *start, size_t bytes) {
    // madvise takes no start within a page. What shares the first and the last one may be left out too.
    size_t before = (uintptr_t)start & (clinux_page_bytes() - 1);
    return madvise((char *)start - before, bytes + before, MADV_DONTDUMP) == 0 ? 0 : -errno;
}

int clinux_discard_pages(void *start, size_t bytes) {
    // The kernel would round the length up, and take what lies behind.
    if ((((uintptr_t)start | bytes) & (clinux_page_bytes() - 1)) != 0) return -EINVAL;
    return madvise(start, bytes, MADV_DONTNEED) == 0 ? 0 : -errno;
}

extern char __executable_start[], _end[];   // the linker defines both

size_t clinux_image_bytes(void) {
    uintptr_t mask = clinux_page_bytes() - 1;
    return (((uintptr_t)_end + mask) & ~mask) - ((uintptr_t)__executable_start & ~mask);
}
