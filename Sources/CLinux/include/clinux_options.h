// The command line, through libc's getopt_long.
#ifndef CLINUX_OPTIONS_H
#define CLINUX_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *name;           ///< without the dashes
    int32_t code;               ///< what stands for it: a letter, also its short form, or 256 and up
    uint8_t takes_argument;
} clinux_option;

#define CLINUX_OPTION_LIMIT 48

#define CLINUX_OPTION_END (-1)          ///< all options are read; operands start at clinux_option_index
#define CLINUX_OPTION_UNKNOWN '?'       ///< clinux_option_text is the offending word
#define CLINUX_OPTION_NO_ARGUMENT ':'   ///< clinux_option_text is the option that wants one

/// The next option of the command line. *argument is its argument, or NULL.
int clinux_option_next(
    int count, char **words, const clinux_option *options, size_t option_count, const char **argument);
/// Starts over at word `index`.
void clinux_option_restart(int index);
/// Index of the next word that no option has taken.
int clinux_option_index(void);
/// The word that the last call stumbled over.
const char *clinux_option_text(void);

#endif
