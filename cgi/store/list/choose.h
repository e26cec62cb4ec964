/* choose.h: chooses documents by any of their fields, and reads a part of those that fit, in order.
 * For operations that list by something that no list in Redis has.
 *
 * In slices, it reads of each candidate the fields that decide; only the wanted part is read in
 * full. */
#ifndef LASTSYNC_CHOOSE_H
#define LASTSYNC_CHOOSE_H

#include "store/list/rows.h"
#include "store/list/walk.h"

/* What is wanted of the documents of one kind. */
struct choice {
    uint64_t from, size;   /* the part of those that fit */
    const struct str *ids; /* choose among these, in this order, each once; NULL: among all, in the
                              order of their list */
    size_t id_count;
    const struct str *judged; /* the fields that decide */
    size_t judged_count;
    /* Whether a document fits, by the values of the judged fields in `row`. NULL: all fit. */
    bool (*fits)(const void *filter, const struct row *row, struct arena *arena);
    const void *filter;
    size_t answer_max; /* as in a list */
};

/* Chooses: FOUND, with how many fit in total; the ask's take_rows gets the wanted part. Or
 * TOO_LARGE, as rows_read says. The caller sets, in `rows`: key, live, names and count (how
 * documents are read, and which fields of the wanted part); in `walk`, which goes over all
 * documents: the keys, the parts and the segments. `id_of` gives the id in a member of its sets. */
void choose_documents(struct ask *ask, const struct choice *choice, const struct rows *rows,
                      const struct walk *walk, struct str (*id_of)(struct str member));

#endif
