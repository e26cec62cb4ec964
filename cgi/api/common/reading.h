/* reading.h: a body that is being read. For body.c and scalar.c only. */
#ifndef LASTSYNC_READING_H
#define LASTSYNC_READING_H

#include "api/common/body.h"

struct reading {
    struct json_reader json;
    const struct form *form; /* of the object that is being read */
    struct arena *arena;
    size_t value_at; /* where the value of the current member begins */
    struct str now;  /* the time of the request; absent until it is needed */
};

/* Gives a problem at a place, with the name of the form's parser in front of the reason. */
const struct problem *reading_problem(struct reading *reading, size_t at, struct str reason,
                                      const struct problem *cause);

/* Gives the JSON reader's problem, for a text that is not JSON. */
const struct problem *reading_json_problem(struct reading *reading);

/* Gives the problem "failed to parse field [x]", at the field's value. */
const struct problem *reading_field_problem(struct reading *reading, const struct field *field,
                                            const struct problem *cause);

/* Reads a value of one kind. Its first token has been taken, and is one that the kind may begin
 * with. Gives NULL, or the problem. */
typedef const struct problem *read_kind(struct reading *reading, const struct field *field,
                                        struct given *given);

read_kind read_string, read_instant, read_choice, read_long, read_integer, read_boolean,
    read_schedule;

#endif
