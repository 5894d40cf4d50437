// The command line, through libc's getopt_long.
#ifndef CLINUX_OPTIONS_H
#define CLINUX_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *name;           ///< without the dashes
    uint8_t letter;             ///< the short form, 0 for none
    uint8_t takes_argument;
} clinux_option;

#define CLINUX_OPTION_LIMIT 80

typedef enum {
    CLINUX_OPTION_END = -1,             ///< all options are read; operands start at clinux_option_index
    CLINUX_OPTION_UNKNOWN = -2,         ///< or an abbreviation of several
    CLINUX_OPTION_NO_ARGUMENT = -3,     ///< it needs one
    CLINUX_OPTION_UNWANTED = -4,        ///< it takes none and was given one
} clinux_option_result;

/// The index of the next option of the command line among `options`, or a clinux_option_result.
/// *argument is its argument, or NULL.
int clinux_option_next(
    int count, char **words, const clinux_option *options, size_t option_count, const char **argument);
/// Starts over at word `index`.
void clinux_option_restart(int index);
/// Index of the next word that no option has taken.
int clinux_option_index(void);
/// The word that the last call failed at.
const char *clinux_option_text(void);

#endif
