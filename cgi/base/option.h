/* option.h: options by tables: flags, environment variables, lines of a file, defaults and help. */
#ifndef LASTSYNC_OPTION_H
#define LASTSYNC_OPTION_H

#include <stdint.h>
#include <stdio.h>

#include "base/str.h"

enum option_kind {
    OPTION_TEXT,   /* const char * */
    OPTION_COUNT,  /* uint64_t, from `least` to `most` */
    OPTION_FLAG,   /* bool: --name, --name=true or --name=false */
    OPTION_CHOICE, /* uint64_t: the place of the word in `words` */
};

/* Where a value comes from, in the order of their strength. */
enum option_source { OPTION_DEFAULT, OPTION_FILE, OPTION_VARIABLE, OPTION_ARGUMENT };

struct option {
    const char *name; /* of body-limit: the flag is --body-limit, the variable LASTSYNC_BODY_LIMIT
                         and the line of a file body-limit=... */
    enum option_kind kind;
    size_t place;               /* of its member in the struct that is filled in */
    const char *fallback;       /* what holds where nobody says anything; as text, never NULL */
    const char *help;           /* a line of --help */
    uint64_t least, most;       /* of an OPTION_COUNT */
    const char *const *words;   /* of an OPTION_CHOICE, with a NULL behind the last */
    bool common;                /* commands take it as well as the service */
    enum option_source weakest; /* weaker sources than this do not have it */
};

/* What was said about an option last. */
struct option_value {
    const char *text;
    enum option_source source;
    unsigned line; /* of the file */
};

/* A table, what it fills in, and where each value came from. */
struct option_table {
    const struct option *rows;
    size_t count;
};

struct options {
    const struct option_table *table;
    void *place;                 /* the struct that the rows' places are in */
    struct option_value *values; /* for each row; NULL where nobody asks */
};

enum { OPTION_NAME_MAX = 64 }; /* bytes of a variable's name, with its NUL */

/* The functions that read give false after a sentence on standard error. Texts are not copied. */

/* Sets everything to its default. */
bool option_read_defaults(const struct options *options);

/* Reads the LASTSYNC_* variables. One that no row names is refused. */
bool option_read_variables(const struct options *options);

/* Reads a file of lines "name=value", with blanks around both if one likes; lines that begin with
 * '#', and empty ones, do not count. A name that no row has, or that comes twice, is refused. The
 * file's texts live until another one is read. */
bool option_read_file(const struct options *options, const char *path);

enum { OPTION_FILE_MAX = 64 * 1024 }; /* bytes of such a file */

/* A command line. Its flags are looked up in the common rows of the first `options`, in all of them
 * where `serving`, and in all rows of the second. What is no flag, or stands behind "--", is a
 * word.
 */
struct option_line {
    int count;
    char **arguments; /* from the first one that counts */
    const struct options *options[2];
    bool serving;
    const char **words; /* room for word_room of them */
    size_t word_room, word_count;
};

/* Reads it, or of all its flags only the one named `only`. */
bool option_read_line(struct option_line *line, const char *only);

/* The variable of a row. */
void option_variable(const struct option *option, char name[OPTION_NAME_MAX]);

/* Prints help for one flag, as a row that is in no table has it. */
void option_print_row(const char *name, const char *help);

/* Prints a line of help for each row, or for the common ones. */
void option_print_help(const struct option_table *table, bool only_common);

#endif
