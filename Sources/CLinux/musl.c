// What musl leaves to others, for the static ports.
#define _GNU_SOURCE
#include <features.h>

#if !defined(__GLIBC__)

#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>

// A function that the Embedded Swift library expects of libc and musl does not have. Swift seeds hashes with
// it; no collection here hashes anything, but the linker cannot know.
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

static int protect(struct dl_phdr_info *program, size_t bytes, void *unused) {
    (void)bytes, (void)unused;
    uintptr_t page = getauxval(AT_PAGESZ);
    for (size_t i = 0; i < program->dlpi_phnum; i++) {
        if (program->dlpi_phdr[i].p_type != PT_GNU_RELRO) continue;
        uintptr_t start = program->dlpi_addr + program->dlpi_phdr[i].p_vaddr;
        uintptr_t end = (start + program->dlpi_phdr[i].p_memsz) & -page;
        start &= -page;
        mprotect((void *)start, end - start, PROT_READ);
    }
    return 1;
}

// Tables of addresses become read-only once they are relocated. musl does that in its dynamic loader, which
// a static program has not.
__attribute__((constructor)) static void protect_relocated_data(void) { dl_iterate_phdr(protect, NULL); }

#endif
