// Where a path leads. See clinux_place.h.
//
// The rule: a symbolic link is followed only if the link and the directories on the way belong to root or to
// the acting user and nobody else may write there; of a directory with the sticky bit, only what is in it
// counts. Behind the last link a directory may also be that user's whose file it is. No component is ever
// looked up by more than its name in a directory that is open, so that nobody can exchange one meanwhile.
#define _GNU_SOURCE
#include "clinux_place.h"

#include "clinux_file.h"
#include "status.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

enum { LINKS_MOST = 40 };               // as in the kernel
enum { PROC_MAGIC = 0x9fa0 };           // PROC_SUPER_MAGIC of linux/magic.h

static uint32_t both(uint32_t one, uint32_t other) {
    if (one == CLINUX_NOBODY_ELSE || one == other) return other;
    return other == CLINUX_NOBODY_ELSE ? one : CLINUX_ANYBODY;
}

static uint32_t owner_else(const clinux_status *status) {
    int is_trusted = status->user == 0 || status->user == geteuid();
    return is_trusted ? CLINUX_NOBODY_ELSE : status->user;
}

static int is_open_to_others(const clinux_status *directory) {
    return (directory->mode & (S_IWGRP | S_IWOTH)) != 0;
}

// Takes a directory as the one that was reached. Anybody may add to one with the sticky bit, but change
// only what is their own.
static int enter(clinux_place *place, int directory) {
    clinux_status status;
    if (directory < 0) return -errno;
    int error = clinux_stat(directory, &status);
    if (error != 0) {
        close(directory);
        return error;
    }
    clinux_place_close(place);
    place->directory = directory;
    place->changes = both(place->changes, owner_else(&status));
    if (is_open_to_others(&status) && (status.mode & S_ISVTX) == 0) place->changes = CLINUX_ANYBODY;
    return 0;
}

static int enter_start(clinux_place *place, const char *path) {
    return enter(place, open(path[0] == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

// A link in a directory that others may add to could be a second name of root's own.
static void note_link(clinux_place *place, const clinux_status *link) {
    clinux_status directory;
    place->has_links = 1;
    place->leads = both(place->leads, both(place->changes, owner_else(link)));
    if (link->links < 2) return;
    if (clinux_stat(place->directory, &directory) != 0 || is_open_to_others(&directory))
        place->leads = CLINUX_ANYBODY;
}

// The way that is still to go.
struct way {
    char rest[PATH_MAX];
    const char *at;
    int links;
};

// Puts the target of a link in front of it.
static int follow(clinux_place *place, int link, struct way *way) {
    char target[PATH_MAX];
    ssize_t count = readlinkat(link, "", target, sizeof target);
    size_t more = strlen(way->at);
    if (count <= 0) return count < 0 ? -errno : -ENOENT;
    if (++way->links > LINKS_MOST) return -ELOOP;
    if ((size_t)count + more >= PATH_MAX) return -ENAMETOOLONG;
    memmove(way->rest + count, way->at, more + 1);
    memcpy(way->rest, target, (size_t)count);
    way->at = way->rest;
    return way->rest[0] == '/' ? enter_start(place, way->rest) : 0;
}

static int is_in_proc(int directory) {
    struct statfs system;
    return fstatfs(directory, &system) == 0 && system.f_type == PROC_MAGIC;
}

// A link of /proc/PID may lead to what has no path.
static int follow_in_kernel(clinux_place *place, int is_last) {
    struct stat system;
    if (!is_last)
        return enter(place, openat(place->directory, place->name.text, O_PATH | O_DIRECTORY | O_CLOEXEC));
    place->is_opened_by_kernel = place->is_there = 1;
    if (fstatat(place->directory, place->name.text, &system, 0) != 0) return -errno;
    clinux_status_from_system(&place->status, &system);
    return 1;
}

// Returns 1 when the last component is reached, 0 to go on, or -errno.
static int step(clinux_place *place, struct way *way) {
    way->at += strspn(way->at, "/");
    size_t length = strcspn(way->at, "/");
    if (length > NAME_MAX) return -ENAMETOOLONG;
    // Behind a last slash: the directory itself.
    memcpy(place->name.text, length == 0 ? "." : way->at, length == 0 ? 1 : length);
    place->name.text[length == 0 ? 1 : length] = 0;
    way->at += length;
    int is_last = way->at[0] == 0;
    int component = openat(place->directory, place->name.text, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (component < 0) return errno == ENOENT && is_last ? 1 : -errno;
    int result = clinux_stat(component, &place->status);
    if (result == 0 && place->status.type == CLINUX_SYMBOLIC_LINK) {
        note_link(place, &place->status);
        result = is_in_proc(place->directory)
            ? follow_in_kernel(place, is_last) : follow(place, component, way);
    } else if (result == 0 && !is_last) {
        if (place->status.type == CLINUX_DIRECTORY) return enter(place, component);
        result = -ENOTDIR;
    } else if (result == 0) {
        place->is_there = result = 1;
    }
    close(component);
    return result;
}

int clinux_locate(const char *path, clinux_place *place) {
    struct way way = {.at = way.rest};
    size_t length = strlen(path);
    *place = (clinux_place){.directory = -1, .leads = CLINUX_NOBODY_ELSE, .changes = CLINUX_NOBODY_ELSE};
    if (length == 0) return -ENOENT;
    if (length >= sizeof way.rest) return -ENAMETOOLONG;
    memcpy(way.rest, path, length + 1);
    int result = enter_start(place, way.rest);
    while (result == 0) result = step(place, &way);
    if (result == 1) return 0;
    clinux_place_close(place);
    return result;
}

void clinux_place_close(clinux_place *place) {
    if (place->directory >= 0) close(place->directory);
    place->directory = -1;
}

int clinux_may_write(const clinux_place *place, uint32_t owner) {
    if (!place->has_links) return 0;
    int is_decided_here = place->leads == CLINUX_NOBODY_ELSE;
    int is_theirs = place->changes == CLINUX_NOBODY_ELSE || place->changes == owner;
    return is_decided_here && is_theirs ? 0 : CLINUX_FILE_LINKED_BY_OTHERS;
}

// Somebody else's link may lead to what is theirs, or what everybody may read; a second name counts as one.
int clinux_may_read(const clinux_place *place) {
    uint32_t other = place->has_links ? place->leads : CLINUX_NOBODY_ELSE;
    if (place->status.links > 1) other = both(other, place->changes);
    if (geteuid() != 0 || other == CLINUX_NOBODY_ELSE || other == place->status.user) return 0;
    return (place->status.mode & S_IROTH) != 0 ? 0 : CLINUX_FILE_LINKED_BY_OTHERS;
}

int clinux_name_with(const clinux_place *place, const char *ending, clinux_name *name) {
    size_t room = sizeof name->text;
    int length = snprintf(name->text, room, "%s%s", place->name.text, ending);
    return length >= 0 && (size_t)length < room ? 0 : -ENAMETOOLONG;
}

int clinux_name_beside(const clinux_place *place, clinux_name *name) {
    uint64_t random;
    struct timespec now;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        random = (uint64_t)getpid() << 32 ^ (uint64_t)now.tv_nsec;
    }
    size_t room = sizeof name->text;
    int length = snprintf(name->text, room, "%s.%016" PRIx64 ".new", place->name.text, random);
    return length >= 0 && (size_t)length < room ? 0 : -ENAMETOOLONG;
}
