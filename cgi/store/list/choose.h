/* choose.h: chooses documents by any of their fields, and reads a part of those that fit, in order.
 * For the operations that list, where no list has what decides.
 *
 * Each candidate is read, as far as the fields that decide go, in slices; only the wanted part is
 * read in full. */
#ifndef LASTSYNC_CHOOSE_H
#define LASTSYNC_CHOOSE_H

#include "store/list/rows.h"
#include "store/list/walk.h"

struct choice {
    struct rows rows;         /* how documents are read, and what of the wanted part */
    const struct str *judged; /* the fields that decide */
    size_t judged_count;
    /* Whether a document fits, whose values are those fields'; NULL: all do. */
    bool (*fits)(const void *filter, const struct row *row, struct arena *arena);
    const void *filter;
    uint64_t from, size;

    /* its own */
    struct walk walk;
    struct str (*id_of)(struct str member);
    struct arena *texts; /* of the batch */
    struct str *batch;   /* ids */
    size_t batch_count, batch_at;
    struct rows_entry *chosen;
    size_t chosen_count;
    bool walks;
};

/* Chooses among these ids, in their order, each of which comes once: FOUND, with how many fit in
 * total; the ask's take_rows gets the wanted part. Or TOO_LARGE, as rows_read says. */
void choose_among(struct ask *ask, struct choice *choice, const struct str *ids, size_t count);

/* The same among the members of sorted sets, in the order of the walk, whose keys, parts and
 * segments are set. `id_of` gives the id in a member. */
void choose_walk(struct ask *ask, struct choice *choice, const struct walk *walk,
                 struct str (*id_of)(struct str member));

#endif
