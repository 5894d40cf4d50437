// Writing small files whole: one, or some that belong together. See clinux_file.h.
#define _GNU_SOURCE
#include "clinux_file.h"

#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

// A file on its way: its temporary name, and a second name for what it replaces until all is done.
struct staged {
    char temporary[PATH_MAX], previous[PATH_MAX];
    int has_temporary, has_previous, is_published;
};

static int write_whole(int descriptor, const unsigned char *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(descriptor, bytes, count);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return -errno;
        bytes += written;
        count -= (size_t)written;
    }
    return 0;
}

// Whoever could read the replaced file must be able to read the new one: the owner stays, and so does a
// group's right to read, unless everybody had it.
static void take_over_rights(int descriptor, const char *path, unsigned *mode) {
    struct stat old;
    if (stat(path, &old) != 0 || fchown(descriptor, old.st_uid, old.st_gid) != 0) return;
    if ((old.st_mode & S_IRWXO) == 0) *mode |= old.st_mode & S_IRGRP;
}

static int fill(int descriptor, const clinux_new_file *file) {
    int result = write_whole(descriptor, file->bytes, file->count);
    if (result != 0) return result;
    unsigned mode = file->mode;
    take_over_rights(descriptor, file->path, &mode);
    // open(2) has taken the umask off; a mode that was asked for is meant. FAT has no modes.
    if (fchmod(descriptor, mode) != 0 && errno != EPERM) return -errno;
    return fsync(descriptor) == 0 ? 0 : -errno;
}

static int stage(const clinux_new_file *file, struct staged *staged) {
    int descriptor = -1;
    for (unsigned attempt = 0; descriptor < 0; attempt++) {
        int length = snprintf(
            staged->temporary, sizeof staged->temporary, "%s.%d-%u.new", file->path, (int)getpid(), attempt);
        if (length < 0 || (size_t)length >= sizeof staged->temporary) return -ENAMETOOLONG;
        descriptor = open(staged->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (descriptor < 0 && (errno != EEXIST || attempt == 100)) return -errno;
    }
    staged->has_temporary = 1;
    int result = fill(descriptor, file);
    if (close(descriptor) != 0 && result == 0) result = -errno;
    return result;
}

int clinux_exists(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0;
}

int clinux_may_replace(const char *path) {
    char folder[PATH_MAX];
    int error = clinux_folder_of(path, folder);
    if (error != 0) return error;
    return access(folder, W_OK | X_OK) == 0 ? 0 : -errno;
}

int clinux_is_same_file(const char *path, const char *other) {
    struct stat one, two;
    if (stat(path, &one) != 0 || stat(other, &two) != 0) return 0;
    return one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

// Root would replace /dev/null by a file, and every program on the machine would notice. rename(2) itself
// refuses folders.
static int check_place(const clinux_new_file *file) {
    struct stat status;
    if (!file->replaces) return clinux_exists(file->path) ? -EEXIST : 0;
    if (stat(file->path, &status) != 0 || S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) return 0;
    return CLINUX_FILE_NOT_REGULAR;
}

// link(2) refuses an existing name, as rename(2) does not. FAT and some others have no links: there it is
// looked for instead.
static int publish_beside(const clinux_new_file *file, struct staged *staged) {
    if (link(staged->temporary, file->path) == 0) return 0;
    if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS && errno != EMLINK) return -errno;
    if (clinux_exists(file->path)) return -EEXIST;
    if (rename(staged->temporary, file->path) != 0) return -errno;
    staged->has_temporary = 0;
    return 0;
}

static int publish_over(const clinux_new_file *file, struct staged *staged) {
    int length = snprintf(staged->previous, sizeof staged->previous, "%s.old", staged->temporary);
    if (length > 0 && (size_t)length < sizeof staged->previous)
        staged->has_previous = link(file->path, staged->previous) == 0;
    if (rename(staged->temporary, file->path) != 0) return -errno;
    staged->has_temporary = 0;
    return 0;
}

static void undo(const clinux_new_file *file, struct staged *staged) {
    if (!staged->is_published) return;
    if (!staged->has_previous) {
        unlink(file->path);
    } else if (rename(staged->previous, file->path) == 0) {
        staged->has_previous = 0;
    }
}

// A rename is on disk when its folder is. File systems without fsync for folders keep their own order.
static void sync_folder(const char *path) {
    char folder[PATH_MAX];
    if (clinux_folder_of(path, folder) != 0) return;
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    fsync(descriptor);
    close(descriptor);
}

int clinux_write_files(const clinux_new_file *files, size_t count, size_t *failed) {
    struct staged staged[CLINUX_NEW_FILES] = {0};
    int result = 0;
    for (*failed = 0; result == 0 && *failed < count; *failed += result == 0)
        result = check_place(&files[*failed]);
    if (result != 0) return result;
    for (*failed = 0; result == 0 && *failed < count; *failed += result == 0)
        result = stage(&files[*failed], &staged[*failed]);
    if (result == 0) *failed = 0;
    for (; result == 0 && *failed < count; *failed += result == 0) {
        const clinux_new_file *file = &files[*failed];
        struct staged *next = &staged[*failed];
        result = file->replaces ? publish_over(file, next) : publish_beside(file, next);
        next->is_published = result == 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (result != 0) undo(&files[i], &staged[i]);
        if (staged[i].has_temporary) unlink(staged[i].temporary);
        if (staged[i].has_previous) unlink(staged[i].previous);
        if (staged[i].is_published) sync_folder(files[i].path);
    }
    return result;
}

int clinux_lock_file(const char *path) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0) return -errno;
    while (flock(descriptor, LOCK_EX) != 0)
        if (errno != EINTR) {
            int result = -errno;
            close(descriptor);
            return result;
        }
    return 0;
}
