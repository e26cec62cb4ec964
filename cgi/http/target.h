/* target.h: a request's target taken apart: the segments of its path and its parameters. */
#ifndef LASTSYNC_TARGET_H
#define LASTSYNC_TARGET_H

#include "base/arena.h"

enum {
    TARGET_SEGMENTS_MAX = 8,   /* a path with more has no route */
    TARGET_PARAMETERS_MAX = 64 /* a query with more is refused */
};

struct parameter {
    struct str name;
    struct str value; /* empty both for "a" and for "a=" */
};

struct target {
    struct str raw_path;
    struct str path; /* decoded, for messages */
    struct str segments[TARGET_SEGMENTS_MAX +
                        1]; /* still encoded: routes match them so (API, section 1) */
    size_t segment_count;   /* TARGET_SEGMENTS_MAX + 1 stands for any more */
    struct parameter parameters[TARGET_PARAMETERS_MAX];
    size_t parameter_count;
};

/* Takes the target apart: the path at slashes, where trailing ones do not count; the query at
 * ampersands, where the last of equal names wins and '+' is a space. Gives the reason where it
 * cannot be read (a broken percent-encoding, bytes that are not UTF-8, too many parameters), an
 * absent one otherwise. */
struct str target_read(struct str text, struct arena *arena, struct target *target);

/* Decodes %XX, and '+' as a space where `form` says so. Absent where that is broken or is not
 * UTF-8. A text without any of it is given back as it is. */
struct str target_decode(struct str text, bool form, struct arena *arena);

/* The parameter of that name, NULL where there is none. */
const struct parameter *target_parameter(const struct target *target, struct str name);

#endif
