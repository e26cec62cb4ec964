/* help.c: wraps lines of help. */
#include "base/help.h"

#include <stdbool.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LEAST = 20 }; /* columns of an explanation: in fewer it is not wrapped */

size_t help_columns(void)
{
    struct winsize size;

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void help_print(FILE *out, size_t columns, size_t column, const char *what, struct str explanation)
{
    struct str rest = explanation, word;
    size_t at = strlen(what) < column ? column : strlen(what);
    bool wraps = columns >= column + LEAST, begins = true;

    (void)fprintf(out, "%-*s", (int)column, what);
    while (str_split(&rest, ' ', &word)) {
        if (wraps && !begins && at + 1 + word.len > columns) {
            (void)fprintf(out, "\n%*s", (int)column, "");
            at = column;
            begins = true;
        }
        (void)fprintf(out, "%s%.*s", begins ? "" : " ", STR_ARGS(word));
        at += word.len + !begins;
        begins = false;
    }
    (void)fputc('\n', out);
}
