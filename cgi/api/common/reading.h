/* reading.h: a body that is being read. For body.c and scalar.c only. */
#ifndef LASTSYNC_READING_H
#define LASTSYNC_READING_H

#include "api/common/body.h"

struct reading {
    struct json_reader json;
    const struct form *form; /* of the object at hand */
    struct arena *arena;
    size_t value_at; /* where the value of the member at hand begins */
    struct str now;  /* the time of the request, once it was asked for */
};

/* A text with the place that it speaks of in front: "[line:column] text". */
struct str reading_place(struct reading *reading, size_t at, struct str reason);

/* A problem at a place, with the form's parser in front of the reason. */
const struct problem *reading_problem(struct reading *reading, size_t at, struct str reason,
                                      const struct problem *cause);

/* The text is no JSON: what the reader says. */
const struct problem *reading_json_problem(struct reading *reading);

/* "failed to parse field [x]", at its value. */
const struct problem *reading_field_problem(struct reading *reading, const struct field *field,
                                            const struct problem *cause);

/* Reads the value whose first token was just taken, which is one that the kind may begin with:
 * NULL, or what is wrong with it. */
typedef const struct problem *read_kind(struct reading *reading, const struct field *field,
                                        struct given *given);

read_kind read_string, read_instant, read_choice, read_long, read_integer, read_boolean,
    read_schedule;

#endif
