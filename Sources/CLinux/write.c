// Writing small files whole: one, or some that belong together. See clinux_file.h.
#define _GNU_SOURCE
#include "clinux_file.h"

#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// A file on its way: where it really goes, its temporary name there, and a second name for what it replaces
// until all is done.
struct staged {
    clinux_place place;
    char temporary[NAME_MAX + 1], previous[NAME_MAX + 1];
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

// Whether a file is where it is because the directory's owner, root or this user wanted it so. Where many
// may write, anybody may have made it beforehand, to be given what is written.
static int is_placed_by_owner(const struct staged *staged) {
    struct stat directory;
    uid_t owner = staged->place.status.st_uid;
    if (fstat(staged->place.directory, &directory) != 0) return 0;
    if (owner == 0 || owner == geteuid() || owner == directory.st_uid) return 1;
    return (directory.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

// Whoever could read the replaced file must be able to read the new one: the owner stays, and so does a
// group's right to read, unless everybody had it.
static void take_over_permissions(int descriptor, const struct staged *staged, unsigned *mode) {
    const struct stat *old = &staged->place.status;
    if (!is_placed_by_owner(staged) || fchown(descriptor, old->st_uid, old->st_gid) != 0) return;
    if ((old->st_mode & S_IRWXO) == 0) *mode |= old->st_mode & S_IRGRP;
}

// By descriptor, and before the file has its name: it is never another file that is given away.
static int give(int descriptor, const clinux_new_file *file) {
    if (file->user == CLINUX_FILE_OWN) return 0;
    return fchown(descriptor, file->user, file->group) == 0 ? 0 : CLINUX_FILE_NOT_GIVEN;
}

static int fill(int descriptor, const clinux_new_file *file, const struct staged *staged) {
    int result = write_whole(descriptor, file->bytes, file->count);
    unsigned mode = file->mode;
    if (result == 0 && !staged->place.is_there) result = give(descriptor, file);
    if (result != 0) return result;
    if (staged->place.is_there) take_over_permissions(descriptor, staged, &mode);
    // open(2) has taken the umask off; a mode that was asked for is meant. FAT has no modes.
    if (fchmod(descriptor, mode) != 0 && errno != EPERM) return -errno;
    return fsync(descriptor) == 0 ? 0 : -errno;
}

static int stage(const clinux_new_file *file, struct staged *staged) {
    int descriptor = clinux_create_beside(&staged->place, staged->temporary, 0600);
    if (descriptor < 0) return descriptor;
    staged->has_temporary = 1;
    int result = fill(descriptor, file, staged);
    if (close(descriptor) != 0 && result == 0) result = -errno;
    return result;
}

// A file with a private key, in whatever form, is not replaced by something without one. PKCS#1, PKCS#8,
// SEC1 and PKCS#12 begin with a version, which no certificate, request or list does.
static int holds_key(const unsigned char *bytes, size_t count, int is_start) {
    static const char words[] = "PRIVATE KEY-----";
    if (memmem(bytes, count, words, sizeof words - 1) != NULL) return 1;
    if (!is_start || count < 6 || bytes[0] != 0x30) return 0;
    size_t header = bytes[1] < 0x80 ? 2 : 2 + (size_t)(bytes[1] & 0x7F);
    return header < count && header <= 6 && bytes[header] == 0x02;
}

static int is_index(const void *bytes, size_t count) {
    static const char start[] = "postern-index ";
    return count >= sizeof start - 1 && memcmp(bytes, start, sizeof start - 1) == 0;
}

// What a file holds that would be lost: a private key, or what an authority has issued and revoked.
static int check_loss(const clinux_new_file *file, const clinux_place *place) {
    unsigned char bytes[4096];
    size_t kept = 0;
    int found = 0;
    int descriptor = openat(place->directory, place->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0) return -errno;
    for (int is_start = 1; !found && (is_start || file->keeps_keys);) {
        ssize_t got = read(descriptor, bytes + kept, sizeof bytes - kept);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        size_t count = kept + (size_t)got;
        if (is_start && is_index(bytes, count) && !is_index(file->bytes, file->count))
            found = CLINUX_FILE_HOLDS_INDEX;
        else if (file->keeps_keys && holds_key(bytes, count, is_start))
            found = CLINUX_FILE_HOLDS_KEY;
        // The words may lie across two pieces.
        kept = count < 16 ? count : 16;
        memmove(bytes, bytes + count - kept, kept);
        is_start = 0;
    }
    close(descriptor);
    return found;
}

// Root would replace /dev/null by a file, and every program on the machine would notice. rename(2) itself
// refuses directories.
static int check_place(const clinux_new_file *file, struct staged *staged) {
    clinux_place *place = &staged->place;
    int result = clinux_locate(file->path, place);
    if (result != 0) return result;
    if (place->is_there && !file->replaces) return -EEXIST;
    uint32_t owner = place->is_there ? place->status.st_uid
        : file->user != CLINUX_FILE_OWN ? file->user : geteuid();
    result = clinux_may_write(place, owner);
    if (result != 0 || !place->is_there || S_ISDIR(place->status.st_mode)) return result;
    if (!S_ISREG(place->status.st_mode) || place->is_opened_by_kernel) return CLINUX_FILE_NOT_REGULAR;
    return check_loss(file, place);
}

// Two names that lead to one place: the second file would replace the first.
static int are_same(const clinux_place *one, const clinux_place *other) {
    struct stat here, there;
    return strcmp(one->name, other->name) == 0
        && fstat(one->directory, &here) == 0 && fstat(other->directory, &there) == 0
        && here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

static int check_places(
    const clinux_new_file *files, size_t count, struct staged *staged, size_t *failed
) {
    int result = 0;
    for (*failed = 0; result == 0 && *failed < count; *failed += result == 0) {
        result = check_place(&files[*failed], &staged[*failed]);
        for (size_t i = 0; result == 0 && i < *failed && !files[*failed].is_again; i++)
            result = are_same(&staged[i].place, &staged[*failed].place) ? CLINUX_FILE_TWICE : 0;
    }
    return result;
}

// link(2) refuses an existing name, as rename(2) does not. FAT and some others have no links: there it is
// looked for instead.
static int publish_beside(struct staged *staged) {
    const clinux_place *place = &staged->place;
    struct stat status;
    if (linkat(place->directory, staged->temporary, place->directory, place->name, 0) == 0) return 0;
    if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS && errno != EMLINK) return -errno;
    if (fstatat(place->directory, place->name, &status, AT_SYMLINK_NOFOLLOW) == 0) return -EEXIST;
    if (renameat(place->directory, staged->temporary, place->directory, place->name) != 0) return -errno;
    staged->has_temporary = 0;
    return 0;
}

static int publish_over(struct staged *staged) {
    const clinux_place *place = &staged->place;
    staged->has_previous = clinux_name_beside(place, staged->previous) == 0
        && linkat(place->directory, place->name, place->directory, staged->previous, 0) == 0;
    if (renameat(place->directory, staged->temporary, place->directory, place->name) != 0) return -errno;
    staged->has_temporary = 0;
    return 0;
}

static void undo(struct staged *staged) {
    const clinux_place *place = &staged->place;
    if (!staged->is_published) return;
    if (!staged->has_previous) {
        unlinkat(place->directory, place->name, 0);
    } else if (renameat(place->directory, staged->previous, place->directory, place->name) == 0) {
        staged->has_previous = 0;
    }
}

// A rename is on disk when its directory is. File systems without fsync for directories keep their own
// order.
static void sync_directory(const clinux_place *place) {
    int descriptor = openat(place->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    fsync(descriptor);
    close(descriptor);
}

// From the last to the first, since one place may have been written twice.
static void finish(struct staged *staged, size_t count, int has_failed) {
    while (count-- > 0) {
        struct staged *last = &staged[count];
        if (has_failed) undo(last);
        if (last->has_temporary) unlinkat(last->place.directory, last->temporary, 0);
        if (last->has_previous) unlinkat(last->place.directory, last->previous, 0);
        if (last->is_published) sync_directory(&last->place);
        clinux_place_close(&last->place);
    }
}

int clinux_write_files(const clinux_new_file *files, size_t count, size_t *failed) {
    struct staged staged[CLINUX_NEW_FILES] = {0};
    for (size_t i = 0; i < count; i++) staged[i].place.directory = -1;
    int result = check_places(files, count, staged, failed);
    if (result == 0) *failed = 0;
    for (; result == 0 && *failed < count; *failed += result == 0)
        result = stage(&files[*failed], &staged[*failed]);
    if (result == 0) *failed = 0;
    for (; result == 0 && *failed < count; *failed += result == 0) {
        struct staged *next = &staged[*failed];
        result = files[*failed].replaces ? publish_over(next) : publish_beside(next);
        next->is_published = result == 0;
        // The order is that of a power failure too.
        if (result == 0) sync_directory(&next->place);
    }
    finish(staged, count, result != 0);
    return result;
}

int clinux_is_same_place(const char *path, const char *other) {
    clinux_place one, two;
    if (clinux_locate(path, &one) != 0) return 0;
    int is_same = clinux_locate(other, &two) == 0 && are_same(&one, &two);
    clinux_place_close(&one);
    if (two.directory >= 0) clinux_place_close(&two);
    return is_same;
}

int clinux_may_replace(const char *path) {
    clinux_place place;
    int result = clinux_locate(path, &place);
    if (result != 0) return result;
    result = clinux_may_write(&place, place.is_there ? place.status.st_uid : geteuid());
    if (result == 0 && faccessat(place.directory, ".", W_OK | X_OK, 0) != 0) result = -errno;
    clinux_place_close(&place);
    return result;
}
