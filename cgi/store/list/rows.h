/* rows.h: reads the documents of a list in slices, and hands them to who has asked (see
 * ask_take_rows). For the operations that list. */
#ifndef LASTSYNC_ROWS_H
#define LASTSYNC_ROWS_H

#include "store/redis/ask.h"

enum {
    ROWS_SLICE = 50,         /* documents that a step reads at the most; of a long one, one */
    ROWS_EXPECTED = 3 * 1024 /* bytes of one, about */
};

/* Which document. */
struct rows_entry {
    struct str id;
    int64_t score; /* handed on */
};

struct rows {
    struct str (*key)(struct ask *ask, struct str id);
    struct str live; /* a field that each document has: one without it has gone meanwhile */
    const struct str *names;
    size_t count;
    unsigned history;  /* how many entries of a connector's stream are read, too */
    size_t field_max;  /* bytes behind which a field is cut; 0: none is */
    size_t answer_max; /* bytes of a document that there is any use to read; 0: any number */

    const struct rows_entry *entries;
    size_t entry_count;

    size_t at; /* its own */
};

/* Reads the entries, and ends the ask: FOUND, or TOO_LARGE. */
void rows_read(struct ask *ask, struct rows *rows);

#endif
