// inotify, and the timer of Linux that notices a clock being set. See clinux_watch.h.
#define _GNU_SOURCE
#include "clinux_watch.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

int clinux_files_open(void) {
    int files = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    return files >= 0 ? files : -errno;
}

void clinux_files_drain(int files) {
    // Which file it was is not asked: the stamps tell.
    char events[4096];
    while (read(files, events, sizeof events) > 0) {}
}

static uint64_t mix(uint64_t stamp, uint64_t value) {
    stamp = (stamp ^ value) * 0x9E3779B97F4A7C15;     // 2^64 divided by the golden ratio
    return stamp ^ stamp >> 32;
}

static uint64_t mix_file(uint64_t stamp, const struct stat *status) {
    stamp = mix(mix(stamp, (uint64_t)status->st_dev), (uint64_t)status->st_ino);
    stamp = mix(mix(stamp, (uint64_t)status->st_size), (uint64_t)status->st_mtim.tv_sec);
    stamp = mix(mix(stamp, (uint64_t)status->st_mtim.tv_nsec), (uint64_t)status->st_ctim.tv_sec);
    return mix(stamp, (uint64_t)status->st_ctim.tv_nsec);
}

// On the way to a file: the directory that was reached, by a name without links, and what is still to go.
// By names, not descriptors: inotify takes nothing else, and nothing depends on what is found here.
struct trail {
    int files;              // -1 to look only
    int problem;            // the first watch that could not be set
    int links;
    char directory[PATH_MAX], rest[PATH_MAX];
};

// What is made, removed or renamed in a directory on the way can change where the name leads.
static void watch(struct trail *trail, int is_last) {
    uint32_t changes = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
    if (is_last) changes |= IN_CLOSE_WRITE | IN_ATTRIB;
    if (trail->files < 0) return;
    // It may be on the way to more files than one.
    int added = inotify_add_watch(trail->files, trail->directory, changes | IN_ONLYDIR | IN_MASK_ADD);
    if (added < 0 && trail->problem == 0) trail->problem = -errno;
}

static void leave_last(char directory[PATH_MAX]) {
    char *slash = strrchr(directory, '/');
    if (slash != NULL) slash[slash == directory ? 1 : 0] = 0;
}

static int append(char directory[PATH_MAX], const char *name, size_t length) {
    size_t before = strlen(directory);
    int wants_slash = before > 0 && directory[before - 1] != '/';
    if (before + (size_t)wants_slash + length >= PATH_MAX) return -ENAMETOOLONG;
    if (wants_slash) directory[before++] = '/';
    memcpy(directory + before, name, length);
    directory[before + length] = 0;
    return 0;
}

// The name that was appended is a link: back, and on with what it says.
static int follow(struct trail *trail, size_t done) {
    char target[PATH_MAX];
    ssize_t count = readlink(trail->directory, target, sizeof target);
    size_t more = strlen(trail->rest + done);
    if (count <= 0) return count < 0 ? -errno : -ENOENT;
    if (++trail->links > 40) return -ELOOP;
    if ((size_t)count + more >= PATH_MAX) return -ENAMETOOLONG;
    memmove(trail->rest + count, trail->rest + done, more + 1);
    memcpy(trail->rest, target, (size_t)count);
    if (target[0] == '/') memcpy(trail->directory, "/", 2);
    else leave_last(trail->directory);
    return 0;
}

// One component. Returns 1 at the end of the way, 0 to go on, or -errno.
static int step(struct trail *trail, uint64_t *stamp) {
    char *at = trail->rest + strspn(trail->rest, "/");
    size_t length = strcspn(at, "/"), done = (size_t)(at - trail->rest) + length;
    int is_last = at[length] == 0;
    struct stat status;
    if (length == 0) return 1;
    if (length == 2 && memcmp(at, "..", 2) == 0) leave_last(trail->directory);
    if (at[0] != '.' || length > 2 || (length == 2 && at[1] != '.')) {
        watch(trail, is_last);
        int error = append(trail->directory, at, length);
        if (error != 0) return error;
        if (lstat(trail->directory, &status) != 0)
            return is_last && errno == ENOENT ? CLINUX_FILES_MISSING : -errno;
        if (S_ISLNK(status.st_mode)) {
            *stamp = mix_file(*stamp, &status);
            return follow(trail, done);
        }
        *stamp = is_last ? mix_file(*stamp, &status)
            : mix(mix(*stamp, (uint64_t)status.st_dev), (uint64_t)status.st_ino);
    }
    memmove(trail->rest, trail->rest + done, strlen(trail->rest + done) + 1);
    return is_last;
}

int clinux_files_look(int files, const char *path, uint64_t *stamp) {
    struct trail trail = {.files = files, .directory = "/"};
    size_t length = strlen(path);
    if (length >= sizeof trail.rest) return -ENAMETOOLONG;
    memcpy(trail.rest, path, length + 1);
    int result = path[0] == '/' || getcwd(trail.directory, sizeof trail.directory) != NULL ? 0 : -errno;
    while (result == 0) result = step(&trail, stamp);
    if (result != 1) *stamp = mix(*stamp, (uint64_t)-result);
    return trail.problem != 0 ? trail.problem : result == 1 ? 0 : result;
}

// A timer in three years that setting the clock cancels.
static int wait_for_setting(int clock) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct itimerspec later = {.it_value.tv_sec = now.tv_sec + 100000000};
    int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
    return timerfd_settime(clock, flags, &later, NULL) == 0 ? 0 : -errno;
}

int clinux_clock_open(void) {
    int clock = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (clock < 0) return -errno;
    int result = wait_for_setting(clock);
    if (result == 0) return clock;
    close(clock);
    return result;
}

int clinux_clock_was_set(int clock) {
    uint64_t count;
    ssize_t got = read(clock, &count, sizeof count);
    if (got < 0 && errno == EAGAIN) return 0;
    int was_set = got < 0 && errno == ECANCELED;
    wait_for_setting(clock);
    return was_set;
}
