// What the process gives up for good.
#ifndef CLINUX_PRIVILEGES_H
#define CLINUX_PRIVILEGES_H

/// No core file, whatever happens.
void clinux_disable_core_dumps(void);
/// Closes the process to debuggers, most of /proc and core dumps of all but root. Becoming another user
/// undoes it.
void clinux_set_undumpable(void);
/// Gives up gaining privileges or capabilities by running other programs, and making new processes, which
/// root still can. What the process may do already stays. Call it after the last fork and before becoming
/// another user.
void clinux_drop_privileges(void);

#endif
