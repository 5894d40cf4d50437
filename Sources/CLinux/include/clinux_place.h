// Where a path leads, directory by directory, and who else could make it lead elsewhere. Everything that
// reads or writes a file goes through here: the rule for links stands in one place, place.c.
#ifndef CLINUX_PLACE_H
#define CLINUX_PLACE_H

#include "clinux_calls.h"

/// Instead of a user: nobody but root and the acting user, or more than one other user.
#define CLINUX_NOBODY_ELSE ((uint32_t)-1)
#define CLINUX_ANYBODY ((uint32_t)-2)

typedef struct {
    int directory;              ///< of the last component, O_PATH; clinux_place_close closes it
    clinux_name name;           ///< in that directory, and not a symbolic link
    int is_there;               ///< something has this name
    clinux_status status;       ///< of what is there
    int has_links;              ///< a symbolic link was followed on the way
    int is_opened_by_kernel;    ///< a link of /proc/PID/fd, which only the kernel can follow
    uint32_t leads;             ///< who else decides where the links lead
    uint32_t changes;           ///< who else may change a directory on the way
} clinux_place;

/// Returns 0 or -errno. A last component that does not exist is no error, a missing directory is one.
int clinux_locate(const char *path, clinux_place *place);
void clinux_place_close(clinux_place *place);

/// Whether a file may be written there that is `owner`'s: 0 or CLINUX_FILE_LINKED_BY_OTHERS.
int clinux_may_write(const clinux_place *place, uint32_t owner);
/// Whether the file that is there may be read: 0 or CLINUX_FILE_LINKED_BY_OTHERS. Binds root alone: for
/// others, the kernel decides what they may read.
int clinux_may_read(const clinux_place *place);

/// Writes the name with an ending to `name`: 0, or -ENAMETOOLONG.
int clinux_name_with(const clinux_place *place, const char *ending, clinux_name *name);
/// Writes a name to `name` that nobody can know before: 0, or -ENAMETOOLONG.
int clinux_name_beside(const clinux_place *place, clinux_name *name);

#endif
