/* connector.h: the operations on connectors. Each makes an ask ready (see ask.h), whose outcome
 * says how it went; every one of them can also end AWAY or FAULTY. What is passed in must live as
 * long as the ask.
 *
 * A connector lies in a hash of its own, and what else knows it (the order of lists, the holder of
 * an index name) in other slots of a cluster, which no script may touch along with it. So the hash
 * is what counts, and the others follow it: written after it, compared with it again, and mended by
 * the next operation that finds them wrong. */
#ifndef LASTSYNC_CONNECTOR_H
#define LASTSYNC_CONNECTOR_H

#include "store/redis/ask.h"

/* Reads fields of a connector, deleted or not: FOUND with one row, or MISSING. */
void connector_read(struct ask *ask, struct str id, const struct str *names, size_t count);

/* What an update means, besides the fields that it changes: nothing; something that how the
 * connector stands follows from (see standing.h), its schedule above all; or a report of a sync,
 * from which report.lua derives the fields that begin with '_', and which it appends to the
 * connector's history where anything has changed. Secrets can only be changed by a MERGE. */
enum update_kind { MERGE, TOUCH, RESCHEDULE, REPORT };

/* Sets fields, and clears those whose value is absent, in one step, if what `expected` says is
 * still stored (an absent value: still absent): UPDATED, NOOP where nothing differs, CHANGED, or
 * MISSING, as a deleted connector is. */
void connector_update(struct ask *ask, struct str id, enum update_kind kind,
                      const struct pair *changes, size_t count, const struct pair *expected,
                      size_t expected_count);

/* Writes the whole document, without any secrets, over what was there: CREATED or UPDATED, or TAKEN
 * where another connector that is not deleted has its index_name. Of several at once that want one
 * name, one gets it. */
void connector_put(struct ask *ask, struct str id, const struct pair *fields, size_t count);

struct whole;

/* The same with a document that was exported (see whole.h), deleted or not, with its secrets and
 * its history. */
void connector_restore(struct ask *ask, const struct whole *whole);

/* Gives a connector another index name, empty for none: UPDATED, NOOP, MISSING, or TAKEN by another
 * connector; NATIVE where it is Elastic-managed and `refuse_native` says that such may not have it.
 */
void connector_rename(struct ask *ask, struct str id, struct str index_name, bool refuse_native);

/* Marks a connector as deleted, or with `hard` removes it, deleted or not: DELETED or MISSING. */
void connector_delete(struct ask *ask, struct str id, bool hard);

/* Which connectors are wanted, by their fields. */
struct selection {
    bool (*fits)(const void *filter, const struct str *values); /* NULL: all */
    const void *filter;
    const struct str *fields; /* that it looks at */
    size_t field_count;
};

/* What a list shall hold. */
struct connector_list {
    uint64_t from, size; /* the part of it that is wanted */
    bool include_deleted;
    const struct str *index_names; /* only connectors with one of these; none: any */
    size_t index_name_count;
    struct selection selection;
};

/* Lists connectors by index name, those without one last, then by id: FOUND, with the fields of the
 * wanted part in rows, and how many there are in total. Read in pages: no command holds Redis for
 * long. */
void connector_list(struct ask *ask, const struct connector_list *list, const struct str *names,
                    size_t count);

#endif
