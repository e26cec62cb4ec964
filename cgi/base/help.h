/* help.h: lines of help, wrapped to the terminal they are printed on. */
#ifndef LASTSYNC_HELP_H
#define LASTSYNC_HELP_H

#include <stdio.h>

#include "base/str.h"

/* How many columns standard output's terminal has; 0 if it is no terminal, and then nothing is
 * wrapped. */
size_t help_columns(void);

/* Prints `what`, and beside it, from `column` on, its explanation. A word that would pass the last
 * of `columns` begins a new line, in `column` too. */
void help_print(FILE *out, size_t columns, size_t column, const char *what, struct str explanation);

#endif
