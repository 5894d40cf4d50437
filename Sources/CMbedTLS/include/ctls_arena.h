// The arena: all memory that Mbed TLS ever gets. With the linker options --wrap=calloc and --wrap=free (see
// the ports' toolsets) every allocation of the library comes here; without them it stays with libc, as in
// `swift test`.
#ifndef CTLS_ARENA_H
#define CTLS_ARENA_H

#include <stddef.h>
#include <stdint.h>

/// Bytes of a page of the arena, on every kernel. Large blocks start on one.
#define CTLS_ARENA_PAGE_BYTES 4096
/// Sizes of small blocks. For each there may be a page that is not full.
#define CTLS_ARENA_CLASS_COUNT 19

/// Gives whole pages of the kernel back: afterwards they read as zero. Returns 0, or anything else when it
/// could not.
typedef int (*ctls_discard)(void *start, size_t bytes);

typedef struct {
    size_t total_bytes;     ///< what the arena can hand out
    size_t used_bytes;      ///< handed out now, rounded up to block sizes
    size_t peak_bytes;      ///< the most that was handed out at once
    uint32_t failures;      ///< requests that did not fit
} ctls_arena_usage;

/// Bytes of memory, wherever they start, with which the arena can hand out `bytes`: with its own table.
size_t ctls_arena_bytes(size_t bytes);

/// Makes `bytes` of zeroed memory at `start` the arena. Once, before anything else of this module. Where
/// `discard` does not do what it should with one page of the kernel, it is not called again.
void ctls_arena_use(void *start, size_t bytes, size_t kernel_page_bytes, ctls_discard discard);

/// A zeroed block of `bytes`, aligned for any type, or NULL when the arena has no room.
void *ctls_arena_allocate(size_t bytes);

/// Zeroes a block and takes it back. A pointer that is no live block of the arena traps, so also one that
/// was taken back already: it is a bug of ours.
void ctls_arena_release(void *block);

/// Zeroes a large block, and gives the kernel's pages in it back; the block stays. Anything else is left as
/// it is.
void ctls_arena_discard(void *block);

/// From now on no more than `bytes` beyond what is in use may be handed out; 0 ends the limit. What fails
/// for it does not count as a failure: it is not the arena that is too small.
void ctls_arena_limit(size_t bytes);

ctls_arena_usage ctls_arena_read_usage(void);
/// The failures alone, for whoever asks before and after every call.
uint32_t ctls_arena_failures(void);

#endif
