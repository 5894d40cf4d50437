// The folder of a file, by its name.
#ifndef CLINUX_FOLDER_H
#define CLINUX_FOLDER_H

#include <errno.h>
#include <limits.h>
#include <string.h>

// 0 or -errno.
static inline int clinux_folder_of(const char *path, char folder[PATH_MAX]) {
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
    if (length >= PATH_MAX) return -ENAMETOOLONG;
    memcpy(folder, slash == NULL ? "." : path, slash == NULL ? 1 : length);
    folder[slash == NULL ? 1 : length] = 0;
    return 0;
}

#endif
