/* target.h: takes a request's target apart: the segments of its path, and its parameters. */
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
                        1]; /* still encoded, as routes match them (API, section 1) */
    size_t segment_count;   /* TARGET_SEGMENTS_MAX + 1: too many */
    struct parameter parameters[TARGET_PARAMETERS_MAX];
    size_t parameter_count;
};

/* Takes the target apart: the path at slashes (trailing ones are ignored), the query at ampersands.
 * In the query '+' is a space, and of parameters with the same name the last one wins. Gives why
 * the target cannot be read: a broken percent-encoding, bytes that are not UTF-8, a NUL in the
 * path, too many parameters; or absent, if it was read. */
struct str target_read(struct str text, struct arena *arena, struct target *target);

/* Decodes %XX, and if `form`, '+' as a space. Absent if an encoding is broken or the result is not
 * UTF-8. A text without any encoding is given back itself, not copied. */
struct str target_decode(struct str text, bool form, struct arena *arena);

/* The parameter with that name; NULL if there is none. */
const struct parameter *target_parameter(const struct target *target, struct str name);

#endif
