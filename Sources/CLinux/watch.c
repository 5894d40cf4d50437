// inotify, and the timer of Linux that notices a clock being set. See clinux_watch.h.
#define _GNU_SOURCE
#include "clinux_watch.h"

#include "folder.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

int clinux_files_open(void) {
    int files = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    return files >= 0 ? files : -errno;
}

static int watch_folder(int files, const char *path) {
    char folder[PATH_MAX];
    int error = clinux_folder_of(path, folder);
    if (error != 0) return error;
    uint32_t changes = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB;
    return inotify_add_watch(files, folder, changes | IN_ONLYDIR) >= 0 ? 0 : -errno;
}

int clinux_files_watch(int files, const char *path) {
    int result = watch_folder(files, path);
    char target[PATH_MAX];
    if (result == 0 && realpath(path, target) != NULL) result = watch_folder(files, target);
    return result;
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

uint64_t clinux_file_stamp(const char *path, uint64_t seed) {
    struct stat status;
    if (stat(path, &status) != 0) return mix(seed, (uint64_t)errno);
    seed = mix(mix(seed, (uint64_t)status.st_dev), (uint64_t)status.st_ino);
    seed = mix(mix(seed, (uint64_t)status.st_size), (uint64_t)status.st_mtim.tv_sec);
    seed = mix(mix(seed, (uint64_t)status.st_mtim.tv_nsec), (uint64_t)status.st_ctim.tv_sec);
    return mix(seed, (uint64_t)status.st_ctim.tv_nsec);
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
