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
    const char *name; /* "body-limit": the flag is --body-limit, the variable LASTSYNC_BODY_LIMIT,
                         and a line of a file body-limit=... */
    enum option_kind kind;
    size_t place;               /* the offset of its member in the struct that is filled in */
    const char *fallback;       /* the default, as text; never NULL */
    const char *help;           /* a line of --help */
    uint64_t least, most;       /* of an OPTION_COUNT */
    const char *const *words;   /* of an OPTION_CHOICE, with a NULL after the last */
    bool common;                /* commands take it as well as the service */
    enum option_source weakest; /* the weakest source that may set it */
};

/* The value of an option, and its source. */
struct option_value {
    const char *text;
    enum option_source source;
    unsigned line; /* of the file */
};

/* A table of options. */
struct option_table {
    const struct option *rows;
    size_t count;
};

struct options {
    const struct option_table *table;
    void *place;                 /* the struct that the rows' places are in */
    struct option_value *values; /* for each row its value and source; or NULL */
};

enum { OPTION_NAME_MAX = 64 }; /* bytes of a variable's name, with its NUL */

/* If a value is wrong, the functions that read write a sentence on standard error and give false.
 * They do not copy texts: what they read must outlive the struct. */

/* Sets everything to its default. */
bool option_read_defaults(const struct options *options);

/* Reads the LASTSYNC_* variables. A variable that is no option is refused. */
bool option_read_variables(const struct options *options);

/* Reads a file of lines "name=value". Spaces around name and value are ignored, and so are empty
 * lines and lines that start with '#'. A name that is no option, or that comes twice, is refused.
 * The texts live until the next file is read. */
bool option_read_file(const struct options *options, const char *path);

enum { OPTION_FILE_MAX = 64 * 1024 }; /* bytes of such a file */

/* A command line. Its flags may be all rows of the second of `options`, and the common rows of the
 * first; all rows of the first, too, if `serving`. An argument that is no flag, or follows "--", is
 * a word. */
struct option_line {
    int count;
    char **arguments; /* without the program's or the command's name */
    const struct options *options[2];
    bool serving;
    const char **words; /* room for word_room of them */
    size_t word_room, word_count;
};

/* Reads the command line; only the flag `only`, if that is not NULL. */
bool option_read_line(struct option_line *line, const char *only);

/* Writes the name of an option's environment variable. */
void option_variable(const struct option *option, char name[OPTION_NAME_MAX]);

/* Prints a line of help for a flag that is in no table. */
void option_print_row(const char *name, const char *help);

/* Prints a line of help for each row, or, if `only_common`, for each common row. */
void option_print_help(const struct option_table *table, bool only_common);

#endif
