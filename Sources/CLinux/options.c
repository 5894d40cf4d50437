// The command line. See clinux_options.h.
#define _GNU_SOURCE
#include "clinux_options.h"

#include <getopt.h>
#include <string.h>

enum { LONG_OPTION = 256 };     // its index is added; below are letters

static const char *offending = "";
static char offending_letter[3] = "-";

void clinux_option_restart(int index) { optind = index; }

int clinux_option_index(void) { return optind; }

const char *clinux_option_text(void) { return offending; }

static int index_of(int code, const clinux_option *options, size_t count) {
    if (code >= LONG_OPTION) return code - LONG_OPTION;
    for (size_t i = 0; i < count; i++)
        if (options[i].letter == code) return (int)i;
    return CLINUX_OPTION_UNKNOWN;
}

static int failure(int code, int count, char **words) {
    int last = optind <= count ? optind - 1 : count - 1;    // musl counts a missing argument as read
    const char *word = words[last];
    offending_letter[1] = (char)optopt;
    int is_letter = optopt > 0 && optopt < LONG_OPTION && strncmp(word, "--", 2) != 0;
    offending = is_letter ? offending_letter : word;
    if (code == ':') return CLINUX_OPTION_NO_ARGUMENT;
    return optopt >= LONG_OPTION ? CLINUX_OPTION_UNWANTED : CLINUX_OPTION_UNKNOWN;
}

int clinux_option_next(
    int count, char **words, const clinux_option *options, size_t option_count, const char **argument
) {
    struct option long_options[CLINUX_OPTION_LIMIT + 1] = {{0}};
    // + lets operands end the options, : tells a missing argument apart.
    char letters[2 * CLINUX_OPTION_LIMIT + 3] = "+:";
    char *letter = letters + 2;
    for (size_t i = 0; i < option_count && i < CLINUX_OPTION_LIMIT; i++) {
        long_options[i].name = options[i].name;
        long_options[i].has_arg = options[i].takes_argument ? required_argument : no_argument;
        long_options[i].val = LONG_OPTION + (int)i;
        if (options[i].letter == 0) continue;
        *letter++ = (char)options[i].letter;
        if (options[i].takes_argument) *letter++ = ':';
    }
    opterr = 0;
    optopt = 0;
    int code = getopt_long(count, words, letters, long_options, NULL);
    *argument = optarg;
    if (code == -1) return CLINUX_OPTION_END;
    return code == '?' || code == ':'
        ? failure(code, count, words) : index_of(code, options, option_count);
}
