// Users, groups, the root directory: what a process gives up before it serves anybody.
#ifndef CLINUX_ACCOUNT_H
#define CLINUX_ACCOUNT_H

#include <stddef.h>
#include <stdint.h>

/// Finds a name, or a number, in a file such as /etc/passwd or /etc/group, whose lines are
/// `name:password:id:...`. Returns 1 with its id in ids[0] and, where the field behind it is a number as in
/// /etc/passwd, the group's in ids[1]; 0 when it is not there; -errno when the file cannot be read.
int clinux_account_find(const char *file, const char *name, uint32_t ids[2]);

/// Whether the process is this user and group already, by every kind of id.
int clinux_account_is(uint32_t user, uint32_t group);
/// Becomes this user and group for good, in no other group. Returns 0 or -errno.
int clinux_account_become(uint32_t user, uint32_t group);
/// Ids of the process.
uint32_t clinux_account_user(void);
uint32_t clinux_account_group(void);

/// Makes a directory the root, and goes there. Returns 0 or -errno.
int clinux_root_change(const char *directory);
/// Goes to the root.
void clinux_directory_leave(void);
/// Whether the name is one of a directory. Returns 0 or -errno.
int clinux_directory_check(const char *directory);

#endif
