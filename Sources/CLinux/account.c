// Users, groups, the root directory. See clinux_account.h.
// Not getpwnam_r(3): in a static program it reads these files too, but with the heap, and with questions to
// a name service that a board has not; 6.7 KB of code.
#define _GNU_SOURCE
#include "clinux_account.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// A number up to the end of its field. The highest one means "no id" to the kernel.
static int parse_id(const char *field, uint32_t *id) {
    uint64_t value = 0;
    size_t length = strcspn(field, ":");
    if (length == 0 || length > 10) return 0;
    for (size_t i = 0; i < length; i++) {
        if (field[i] < '0' || field[i] > '9') return 0;
        value = value * 10 + (uint64_t)(field[i] - '0');
    }
    if (value >= UINT32_MAX) return 0;
    *id = (uint32_t)value;
    return 1;
}

static int field_is(const char *field, const char *word) {
    size_t length = strcspn(field, ":");
    return strlen(word) == length && memcmp(field, word, length) == 0;
}

static int match(const char *line, const char *name, uint32_t ids[2]) {
    const char *field = line;
    for (int skipped = 0; skipped < 2; skipped++) {
        field = strchr(field, ':');
        if (field == NULL) return 0;
        field++;
    }
    uint32_t found[2] = {0, 0};
    if (!parse_id(field, &found[0])) return 0;
    if (!field_is(line, name) && !field_is(field, name)) return 0;
    field = strchr(field, ':');
    ids[0] = found[0];
    if (field != NULL && parse_id(field + 1, &found[1])) ids[1] = found[1];
    return 1;
}

int clinux_account_find(const char *file, const char *name, uint32_t ids[2]) {
    // What is wanted stands in the first fields; a longer line has many members.
    char line[256], bytes[1024];
    size_t used = 0;
    int result = 0;
    int descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0) return -errno;
    while (result == 0) {
        ssize_t count = read(descriptor, bytes, sizeof bytes);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) result = -errno;
        // The last line may have no line feed.
        if (count == 0) bytes[0] = '\n';
        for (ssize_t i = 0; i < (count == 0 ? 1 : count) && result == 0; i++) {
            if (bytes[i] != '\n') {
                if (used < sizeof line - 1) line[used++] = bytes[i];
                continue;
            }
            line[used] = 0;
            used = 0;
            result = match(line, name, ids);
        }
        if (count == 0) break;
    }
    close(descriptor);
    return result;
}

int clinux_account_is(uint32_t user, uint32_t group) {
    uid_t users[3];
    gid_t groups[3];
    if (getresuid(&users[0], &users[1], &users[2]) != 0) return 0;
    if (getresgid(&groups[0], &groups[1], &groups[2]) != 0) return 0;
    for (int i = 0; i < 3; i++) if (users[i] != user || groups[i] != group) return 0;
    return 1;
}

int clinux_account_become(uint32_t user, uint32_t group) {
    if (setgroups(0, NULL) != 0) return -errno;
    if (setresgid(group, group, group) != 0) return -errno;
    if (setresuid(user, user, user) != 0) return -errno;
    // For good: who gave up root must not get it back.
    if (user != 0 && setuid(0) == 0) return -EPERM;
    return clinux_account_is(user, group) ? 0 : -EPERM;
}

uint32_t clinux_account_user(void) { return geteuid(); }

uint32_t clinux_account_group(void) { return getegid(); }

int clinux_root_change(const char *directory) {
    // Going there first: what is forbidden to enter is no root.
    return chdir(directory) == 0 && chroot(".") == 0 && chdir("/") == 0 ? 0 : -errno;
}

void clinux_directory_leave(void) { (void)!chdir("/"); }

int clinux_directory_check(const char *directory) {
    struct stat status;
    if (stat(directory, &status) != 0) return -errno;
    return S_ISDIR(status.st_mode) ? 0 : -ENOTDIR;
}
