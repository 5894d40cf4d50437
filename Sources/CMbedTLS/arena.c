// The arena: pages of 4 KiB. A page holds blocks of one size class, or belongs to a run of pages for one
// large block. Free memory is always zero, so that an allocation has nothing to clear and a freed secret is
// gone. Called for every calloc and free of Mbed TLS, some ten thousand times a handshake: both paths are
// short.
#include "ctls_arena.h"

#include <string.h>

enum {
    PAGE = CTLS_ARENA_PAGE_BYTES,
    GRAIN = 16,                 // unit of block sizes and offsets: the alignment of max_align_t
    SMALL_LIMIT = 2048,         // larger blocks take whole pages
    CLASS_COUNT = 19,
    RETURN_PAGES = 4,           // a freed run goes back to the kernel; below, memset is cheaper
    NONE = 0,                   // page 0 holds the page table, so its index can mean "no page"
};

typedef enum { PAGE_FREE, PAGE_SLAB, PAGE_RUN, PAGE_RUN_TAIL } page_kind;

typedef struct {
    uint8_t kind;
    uint8_t class;
    uint16_t used;              // slab: live blocks; run: its pages
    uint16_t free_grain;        // slab: first freed block as grain + 1, 0 when there is none
    uint16_t fresh_grain;       // slab: blocks from here on were never handed out
    uint16_t next, previous;    // slab: neighbours among the pages of its class that have room
} page_entry;

static const uint16_t class_bytes[CLASS_COUNT] = {
    16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 256, 320, 384, 512, 672, 816, 1024, 1360, 2048,
};

static struct {
    unsigned char *start;
    page_entry *pages;
    size_t page_count;
    size_t lowest_free;         // no page below is free
    uint16_t partial[CLASS_COUNT];
    uint16_t spare[CLASS_COUNT];    // the one empty page a class may keep: alloc and free in turn stay cheap
    uint8_t class_of_grains[SMALL_LIMIT / GRAIN + 1];
    ctls_discard discard;
    size_t used_limit;              // allocations that would go beyond fail; 0 for no limit
    ctls_arena_usage usage;
} arena;

void ctls_arena_use(void *start, size_t bytes, ctls_discard discard) {
    uintptr_t first = ((uintptr_t)start + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    size_t count = (((uintptr_t)start + bytes) - first) / PAGE;
    if (count > UINT16_MAX) count = UINT16_MAX;
    size_t table_pages = (count * sizeof(page_entry) + PAGE - 1) / PAGE;
    memset(&arena, 0, sizeof arena);
    arena.start = (unsigned char *)first;
    arena.pages = (page_entry *)first;
    arena.page_count = count;
    arena.lowest_free = table_pages;
    arena.discard = discard;
    for (size_t i = 0; i < table_pages; i++) arena.pages[i].kind = PAGE_RUN_TAIL;
    arena.usage.total_bytes = (count - table_pages) * PAGE;
    uint8_t class = 0;
    for (size_t grains = 0; grains <= SMALL_LIMIT / GRAIN; grains++) {
        if (grains * GRAIN > class_bytes[class]) class++;
        arena.class_of_grains[grains] = class;
    }
}

static void count_used(size_t bytes) {
    arena.usage.used_bytes += bytes;
    if (arena.usage.used_bytes > arena.usage.peak_bytes) arena.usage.peak_bytes = arena.usage.used_bytes;
}

static void link_partial(uint16_t index) {
    page_entry *page = &arena.pages[index];
    uint16_t head = arena.partial[page->class];
    page->next = head;
    page->previous = NONE;
    if (head != NONE) arena.pages[head].previous = index;
    arena.partial[page->class] = index;
}

static void unlink_partial(uint16_t index) {
    page_entry *page = &arena.pages[index];
    if (page->previous != NONE) arena.pages[page->previous].next = page->next;
    else arena.partial[page->class] = page->next;
    if (page->next != NONE) arena.pages[page->next].previous = page->previous;
}

static void free_pages(size_t index, size_t count) {
    for (size_t i = index; i < index + count; i++) arena.pages[i] = (page_entry){.kind = PAGE_FREE};
    if (index < arena.lowest_free) arena.lowest_free = index;
}

static void free_slab(uint16_t index) {
    unlink_partial(index);
    memset(arena.start + (size_t)index * PAGE, 0, PAGE);    // the links of its free list
    free_pages(index, 1);
}

static void reclaim_spares(void) {
    for (size_t class = 0; class < CLASS_COUNT; class++) {
        if (arena.spare[class] == NONE) continue;
        free_slab(arena.spare[class]);
        arena.spare[class] = NONE;
    }
}

static size_t find_run(size_t count) {
    size_t length = 0;
    for (size_t i = arena.lowest_free; i < arena.page_count; i++) {
        length = arena.pages[i].kind == PAGE_FREE ? length + 1 : 0;
        if (length == count) return i + 1 - count;
    }
    return NONE;
}

static size_t take_pages(size_t count) {
    size_t index = find_run(count);
    if (index == NONE) {
        reclaim_spares();
        index = find_run(count);
        if (index == NONE) return NONE;
    }
    if (index == arena.lowest_free) arena.lowest_free = index + count;
    return index;
}

static void *allocate_run(size_t bytes) {
    size_t count = (bytes + PAGE - 1) / PAGE;
    size_t index = count < arena.page_count ? take_pages(count) : NONE;
    if (index == NONE) return NULL;
    for (size_t i = index; i < index + count; i++) arena.pages[i].kind = PAGE_RUN_TAIL;
    arena.pages[index].kind = PAGE_RUN;
    arena.pages[index].used = (uint16_t)count;
    count_used(count * PAGE);
    return arena.start + index * PAGE;
}

static void *allocate_small(uint8_t class) {
    uint16_t index = arena.partial[class];
    if (index == NONE) {
        index = (uint16_t)take_pages(1);
        if (index == NONE) return NULL;
        arena.pages[index] = (page_entry){.kind = PAGE_SLAB, .class = class};
        link_partial(index);
    }
    page_entry *page = &arena.pages[index];
    unsigned char *start = arena.start + (size_t)index * PAGE;
    unsigned char *block;
    size_t size = class_bytes[class];
    if (page->free_grain != 0) {
        block = start + (size_t)(page->free_grain - 1) * GRAIN;
        memcpy(&page->free_grain, block, sizeof page->free_grain);
        memset(block, 0, sizeof page->free_grain);
    } else {
        block = start + (size_t)page->fresh_grain * GRAIN;
        page->fresh_grain = (uint16_t)(page->fresh_grain + size / GRAIN);
    }
    if (page->used++ == 0 && arena.spare[class] == index) arena.spare[class] = NONE;
    if (page->free_grain == 0 && page->fresh_grain * (size_t)GRAIN + size > PAGE) unlink_partial(index);
    count_used(size);
    return block;
}

void *ctls_arena_allocate(size_t bytes) {
    if (arena.used_limit != 0 && arena.usage.used_bytes + bytes > arena.used_limit) return NULL;
    void *block = bytes <= SMALL_LIMIT
        ? allocate_small(arena.class_of_grains[(bytes + GRAIN - 1) / GRAIN])
        : allocate_run(bytes);
    if (block == NULL) arena.usage.failures++;
    return block;
}

static void release_small(uint16_t index, unsigned char *block) {
    page_entry *page = &arena.pages[index];
    size_t size = class_bytes[page->class];
    size_t offset = (size_t)(block - arena.start) % PAGE;
    if (page->used == 0 || offset % size != 0) __builtin_trap();
    int was_full = page->free_grain == 0 && page->fresh_grain * (size_t)GRAIN + size > PAGE;
    memset(block, 0, size);
    memcpy(block, &page->free_grain, sizeof page->free_grain);
    page->free_grain = (uint16_t)(offset / GRAIN + 1);
    page->used--;
    arena.usage.used_bytes -= size;
    if (was_full) link_partial(index);
    if (page->used != 0) return;
    if (arena.spare[page->class] == NONE) arena.spare[page->class] = index;
    else free_slab(index);
}

static void wipe_pages(void *start, size_t bytes) {
    if (arena.discard == NULL || arena.discard(start, bytes) != 0) memset(start, 0, bytes);
}

void ctls_arena_discard(void *block) {
    size_t index = (size_t)((unsigned char *)block - arena.start) / PAGE;
    if (index >= arena.page_count) return;
    if (arena.pages[index].kind == PAGE_RUN) wipe_pages(block, arena.pages[index].used * (size_t)PAGE);
}

void ctls_arena_release(void *block) {
    if (block == NULL) return;
    size_t index = (size_t)((unsigned char *)block - arena.start) / PAGE;
    if (index >= arena.page_count) __builtin_trap();
    switch ((page_kind)arena.pages[index].kind) {
    case PAGE_SLAB:
        release_small((uint16_t)index, block);
        return;
    case PAGE_RUN: {
        size_t count = arena.pages[index].used;
        if (count >= RETURN_PAGES) wipe_pages(block, count * PAGE);
        else memset(block, 0, count * PAGE);
        arena.usage.used_bytes -= count * PAGE;
        free_pages(index, count);
        return;
    }
    case PAGE_FREE:
    case PAGE_RUN_TAIL:
        __builtin_trap();
    }
}

void ctls_arena_limit(size_t bytes) { arena.used_limit = bytes == 0 ? 0 : arena.usage.used_bytes + bytes; }

ctls_arena_usage ctls_arena_read_usage(void) { return arena.usage; }

uint32_t ctls_arena_failures(void) { return arena.usage.failures; }

void ctls_arena_restart_peak(void) { arena.usage.peak_bytes = arena.usage.used_bytes; }

// The names under which --wrap=calloc and --wrap=free bring the library's calls here. libc may call them
// too, in a static binary: what it got from its own malloc goes back there.
void __real_free(void *block) __attribute__((weak));
void *__wrap_calloc(size_t count, size_t size);
void __wrap_free(void *block);

void *__wrap_calloc(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) return NULL;
    return ctls_arena_allocate(bytes);
}

void __wrap_free(void *block) {
    size_t offset = (size_t)((unsigned char *)block - arena.start);
    if (block == NULL) return;
    if (offset < arena.page_count * PAGE) ctls_arena_release(block);
    else __real_free(block);
}
