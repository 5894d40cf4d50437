// The command line. See clinux_options.h.
#define _GNU_SOURCE
#include "clinux_options.h"

#include <getopt.h>
#include <string.h>

static const char *offending = "";
static char offending_letter[3] = "-";

void clinux_option_restart(int index) { optind = index; }

int clinux_option_index(void) { return optind; }

const char *clinux_option_text(void) { return offending; }

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
        long_options[i].val = options[i].code;
        if (options[i].code >= 256) continue;
        *letter++ = (char)options[i].code;
        if (options[i].takes_argument) *letter++ = ':';
    }
    opterr = 0;
    int code = getopt_long(count, words, letters, long_options, NULL);
    *argument = optarg;
    if (code == CLINUX_OPTION_UNKNOWN || code == CLINUX_OPTION_NO_ARGUMENT) {
        int last = optind <= count ? optind - 1 : count - 1;    // musl counts a missing argument as read
        const char *word = words[last];
        offending_letter[1] = (char)optopt;
        int is_letter = optopt > 0 && optopt < 256 && strncmp(word, "--", 2) != 0;
        offending = is_letter ? offending_letter : word;
    }
    return code;
}
