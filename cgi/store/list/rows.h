/* rows.h: reads the documents of a list in slices, and hands them to the ask's take_rows (see
 * ask_take_rows). For the operations that list.
 *
 * It first asks for the lengths of documents with long fields (see key_long). So all slices have
 * about the same number of bytes, and a list that is too large for an answer is refused before any
 * of it is read. */
#ifndef LASTSYNC_ROWS_H
#define LASTSYNC_ROWS_H

#include "store/redis/ask.h"

enum {
    ROWS_SLICE = 50,               /* documents that a step reads at the most */
    ROWS_SLICE_BYTES = 256 * 1024, /* of long documents; one may have more */
    ROWS_SLICE_ENTRIES = 250,      /* of histories; those of one connector may be more */
    ROWS_EXPECTED = 3 * 1024       /* about the bytes of a document */
};

/* A document to read. */
struct rows_entry {
    struct str id;
    int64_t score; /* handed on */
};

struct rows;

/* Takes rows as they arrive, or runs when all were read: for an operation that goes on after them.
 */
typedef void rows_take(struct ask *ask, struct rows *rows, const struct row *read, size_t count);
typedef void rows_then(struct ask *ask, struct rows *rows);

struct rows {
    struct str (*key)(struct ask *ask, struct str id);
    struct str live; /* a field that each document has: one without it has gone meanwhile */
    const struct str *names;
    size_t count;
    unsigned history; /* how many entries of a connector's stream are read, too */
    bool days;        /* whether their counts by day are, too */
    bool deleted;     /* whether connectors that are deleted by then are wanted */
    size_t field_max; /* bytes after which a field is cut; 0: none is */
    size_t slice;     /* documents that a step reads at the most; 0: ROWS_SLICE */
    size_t most;      /* bytes of all documents together, if none is cut; 0: any number */

    const struct rows_entry *entries;
    size_t entry_count;

    rows_take *take; /* instead of the ask's take_rows; with it, `then` is set */
    rows_then *then; /* instead of the ask's end */
    void *operation; /* the caller's, for both */

    size_t at; /* its own */
    size_t *lengths;
    unsigned *shards;
    uint64_t length;
};

/* Reads the entries: of several with one id, the last, because a document that changes its place
 * meanwhile can be found at both. Then it calls `then`, or ends the ask: FOUND, or TOO_LARGE. */
void rows_read(struct ask *ask, struct rows *rows);

#endif
