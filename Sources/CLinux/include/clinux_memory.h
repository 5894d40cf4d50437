// The process's own memory as the kernel has it. Results as in clinux_socket.h.
#ifndef CLINUX_MEMORY_H
#define CLINUX_MEMORY_H

#include <stddef.h>

/// Bytes of a page of the running kernel: 4, 16 or 64 KiB. A power of two.
size_t clinux_page_bytes(void);
/// Keeps memory out of any dump of the process, with the rest of its first and last page. Returns 0 or
/// -errno.
int clinux_exclude_from_dumps(void *start, size_t bytes);
/// Gives whole pages back to the kernel; they read as zero afterwards. Returns 0 or -errno; nothing is
/// discarded when the memory is not whole pages, and maybe a part when some of it is locked.
int clinux_discard_pages(void *start, size_t bytes);
/// Bytes of the pages of the program's image in memory: code, constants and static data.
size_t clinux_image_bytes(void);

#endif
