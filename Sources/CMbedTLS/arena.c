// The arena: pages of 4 KiB. A page holds blocks of one size class, or belongs to a run of pages for one
// large block. Free memory is zero but for the link in a freed block, so that an allocation has little to
// clear and a freed secret is gone. Called for every calloc and free of Mbed TLS, some ten thousand times a
// handshake: both paths are short. Only whole pages of the kernel, which may be larger than the arena's, are
// ever given back to it, and never one that somebody else has a part of.
#include "ctls_arena.h"

#include <string.h>

enum {
    PAGE = CTLS_ARENA_PAGE_BYTES,
    GRAIN = 16,                 // unit of block sizes and offsets: the alignment of max_align_t
    SMALL_LIMIT = 2048,         // larger blocks take whole pages
    CLASS_COUNT = CTLS_ARENA_CLASS_COUNT,
    RETURN_PAGES = 4,           // a freed run goes back to the kernel; below, memset is cheaper
    NONE = 0,                   // page 0 holds the page table, so its index can mean "no page"
};

typedef enum { PAGE_FREE, PAGE_SLAB, PAGE_RUN, PAGE_RUN_TAIL } page_kind;

typedef struct {
    uint8_t kind;
    uint8_t class;
    uint16_t used;              // slab: live blocks
    uint16_t free_grain;        // slab: first freed block as grain + 1, 0 when there is none
    uint16_t fresh_grain;       // slab: blocks from here on were never handed out
    uint32_t next, previous;    // slab: neighbours among the pages of its class that have room;
                                // run: `next` is the number of its pages
} page_entry;

// What a freed block holds. The seal is right in no block that is in use, but for one that a peer has filled
// by luck, and in none that was written to after it was freed.
typedef struct {
    uint64_t next_grain;        // as free_grain
    uint64_t seal;
} free_block;

_Static_assert(sizeof(free_block) <= GRAIN, "a freed block of every size holds its link");

static const uint16_t class_bytes[CLASS_COUNT] = {
    16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 256, 320, 384, 512, 672, 816, 1024, 1360, 2048,
};

static struct {
    unsigned char *start;
    page_entry *pages;
    size_t page_count;
    size_t lowest_free;         // no page below is free
    uint32_t partial[CLASS_COUNT];
    uint32_t spare[CLASS_COUNT];    // the one empty page a class may keep: alloc and free in turn stay cheap
    uint8_t class_of_grains[SMALL_LIMIT / GRAIN + 1];
    ctls_discard discard;           // NULL when the kernel takes back nothing
    uintptr_t kernel_page;          // bytes of the kernel's pages, a power of two
    size_t used_limit;              // allocations that would go beyond fail; 0 for no limit
    ctls_arena_usage usage;
} arena;

static size_t table_pages(size_t count) { return (count * sizeof(page_entry) + PAGE - 1) / PAGE; }

size_t ctls_arena_bytes(size_t bytes) {
    size_t pages = (bytes + PAGE - 1) / PAGE;
    size_t count = pages + table_pages(pages);
    while (count - table_pages(count) < pages) count++;
    return (count + 1) * PAGE - 1;      // the memory may start one byte behind the start of a page
}

static unsigned char *round_up(void *place, uintptr_t unit) {
    return (unsigned char *)place + (-(uintptr_t)place & (unit - 1));
}

// Whether the kernel gives back what it is asked to, and nothing beside it: tried on a page that is still
// free, between two others. One with larger pages than it said would zero its neighbours, and an emulator
// may do nothing at all.
static int discard_works(void) {
    unsigned char *page = round_up(arena.start + arena.lowest_free * PAGE + 1, arena.kernel_page);
    unsigned char *end = page + arena.kernel_page;
    if (end >= arena.start + arena.page_count * PAGE) return 0;
    page[-1] = page[0] = end[-1] = end[0] = 1;
    int result = arena.discard(page, arena.kernel_page);
    int works = result == 0 && page[-1] == 1 && page[0] == 0 && end[-1] == 0 && end[0] == 1;
    page[-1] = page[0] = end[-1] = end[0] = 0;
    return works;
}

void ctls_arena_use(void *start, size_t bytes, size_t kernel_page_bytes, ctls_discard discard) {
    memset(&arena, 0, sizeof arena);
    arena.start = round_up(start, PAGE);
    arena.pages = (page_entry *)arena.start;
    arena.page_count = (bytes - (size_t)(arena.start - (unsigned char *)start)) / PAGE;
    if (arena.page_count != (uint32_t)arena.page_count) __builtin_trap();
    size_t own = table_pages(arena.page_count);
    arena.lowest_free = own;
    for (size_t i = 0; i < own; i++) arena.pages[i].kind = PAGE_RUN_TAIL;
    arena.usage.total_bytes = (arena.page_count - own) * PAGE;
    arena.kernel_page = kernel_page_bytes;
    arena.discard = discard;
    if (discard != NULL && !discard_works()) arena.discard = NULL;
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

static void link_partial(uint32_t index) {
    page_entry *page = &arena.pages[index];
    uint32_t head = arena.partial[page->class];
    page->next = head;
    page->previous = NONE;
    if (head != NONE) arena.pages[head].previous = index;
    arena.partial[page->class] = index;
}

static void unlink_partial(uint32_t index) {
    page_entry *page = &arena.pages[index];
    if (page->previous != NONE) arena.pages[page->previous].next = page->next;
    else arena.partial[page->class] = page->next;
    if (page->next != NONE) arena.pages[page->next].previous = page->previous;
}

static void free_pages(size_t index, size_t count) {
    for (size_t i = index; i < index + count; i++) arena.pages[i] = (page_entry){.kind = PAGE_FREE};
    if (index < arena.lowest_free) arena.lowest_free = index;
}

static void free_slab(uint32_t index) {
    unlink_partial(index);
    memset(arena.start + (size_t)index * PAGE, 0, PAGE);    // the links of its freed blocks
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
        page_entry *page = &arena.pages[i];
        length = page->kind == PAGE_FREE ? length + 1 : 0;
        if (length == count) return i + 1 - count;
        if (page->kind == PAGE_RUN) i += page->next - 1;
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
    arena.pages[index] = (page_entry){.kind = PAGE_RUN, .next = (uint32_t)count};
    count_used(count * PAGE);
    return arena.start + index * PAGE;
}

static uint64_t seal_of(const unsigned char *block, uint64_t next_grain) {
    return (uintptr_t)block ^ (next_grain << 48) ^ 0x9E3779B97F4A7C15;
}

static int is_sealed(const unsigned char *block) {
    const free_block *free = (const void *)block;
    return free->seal == seal_of(block, free->next_grain);
}

// Takes the first freed block of a page. One that was written to since would lead anywhere.
static unsigned char *take_freed(page_entry *page, unsigned char *start) {
    unsigned char *block = start + (size_t)(page->free_grain - 1) * GRAIN;
    if (!is_sealed(block)) __builtin_trap();
    page->free_grain = (uint16_t)((free_block *)(void *)block)->next_grain;
    memset(block, 0, sizeof(free_block));
    return block;
}

static void *allocate_small(uint8_t class) {
    uint32_t index = arena.partial[class];
    if (index == NONE) {
        index = (uint32_t)take_pages(1);
        if (index == NONE) return NULL;
        arena.pages[index] = (page_entry){.kind = PAGE_SLAB, .class = class};
        link_partial(index);
    }
    page_entry *page = &arena.pages[index];
    unsigned char *start = arena.start + (size_t)index * PAGE;
    unsigned char *block;
    size_t size = class_bytes[class];
    if (page->free_grain != 0) {
        block = take_freed(page, start);
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

// Whether a block with a right seal is among the freed ones of its page. A peer's bytes may hold such a seal
// too, which must end nothing.
static int is_freed(const page_entry *page, const unsigned char *start, const unsigned char *block) {
    for (size_t grain = page->free_grain; grain != 0;) {
        const unsigned char *freed = start + (grain - 1) * GRAIN;
        if (freed == block) return 1;
        if (!is_sealed(freed)) __builtin_trap();
        grain = (size_t)((const free_block *)(const void *)freed)->next_grain;
    }
    return 0;
}

static void release_small(uint32_t index, unsigned char *block) {
    page_entry *page = &arena.pages[index];
    unsigned char *start = arena.start + (size_t)index * PAGE;
    size_t size = class_bytes[page->class];
    size_t offset = (size_t)(block - start);
    size_t fresh = page->fresh_grain * (size_t)GRAIN;
    if (page->used == 0 || offset % size != 0 || offset >= fresh) __builtin_trap();
    if (is_sealed(block) && is_freed(page, start, block)) __builtin_trap();
    int was_full = page->free_grain == 0 && fresh + size > PAGE;
    memset(block, 0, size);
    *(free_block *)(void *)block = (free_block){page->free_grain, seal_of(block, page->free_grain)};
    page->free_grain = (uint16_t)(offset / GRAIN + 1);
    page->used--;
    arena.usage.used_bytes -= size;
    if (was_full) link_partial(index);
    if (page->used != 0) return;
    if (arena.spare[page->class] == NONE) arena.spare[page->class] = index;
    else free_slab(index);
}

// The kernel's whole pages within these bytes go back to it, the rest is cleared; all of it where the kernel
// takes nothing back, as when memory is locked.
static void wipe(unsigned char *start, size_t bytes) {
    unsigned char *end = start + bytes, *first = round_up(start, arena.kernel_page);
    unsigned char *last = end - ((uintptr_t)end & (arena.kernel_page - 1));
    if (arena.discard == NULL || first >= last || arena.discard(first, (size_t)(last - first)) != 0) {
        memset(start, 0, bytes);
        return;
    }
    memset(start, 0, (size_t)(first - start));
    memset(last, 0, (size_t)(end - last));
}

static int divides_kernel_page(size_t index) {
    return (((uintptr_t)arena.start + index * PAGE) & (arena.kernel_page - 1)) != 0;
}

// The pages around a run that are free already go with it where they complete a page of the kernel.
static void wipe_run(size_t first, size_t end) {
    while (divides_kernel_page(first) && arena.pages[first - 1].kind == PAGE_FREE) first--;
    while (divides_kernel_page(end) && end < arena.page_count && arena.pages[end].kind == PAGE_FREE) end++;
    wipe(arena.start + first * PAGE, (end - first) * PAGE);
}

void ctls_arena_discard(void *block) {
    size_t offset = (size_t)((unsigned char *)block - arena.start);
    if (offset / PAGE >= arena.page_count) return;
    page_entry *page = &arena.pages[offset / PAGE];
    if (page->kind == PAGE_RUN) wipe(block, page->next * (size_t)PAGE);
}

static void release_run(size_t index, size_t offset) {
    size_t count = arena.pages[index].next;
    if (offset != 0) __builtin_trap();
    if (count >= RETURN_PAGES) wipe_run(index, index + count);
    else memset(arena.start + index * PAGE, 0, count * PAGE);
    arena.usage.used_bytes -= count * PAGE;
    free_pages(index, count);
}

void ctls_arena_release(void *block) {
    if (block == NULL) return;
    size_t offset = (size_t)((unsigned char *)block - arena.start), index = offset / PAGE;
    if (index >= arena.page_count) __builtin_trap();
    switch ((page_kind)arena.pages[index].kind) {
    case PAGE_SLAB: return release_small((uint32_t)index, block);
    case PAGE_RUN: return release_run(index, offset % PAGE);
    case PAGE_FREE:
    case PAGE_RUN_TAIL:
        __builtin_trap();
    }
}

void ctls_arena_limit(size_t bytes) { arena.used_limit = bytes == 0 ? 0 : arena.usage.used_bytes + bytes; }

ctls_arena_usage ctls_arena_read_usage(void) { return arena.usage; }

uint32_t ctls_arena_failures(void) { return arena.usage.failures; }

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
