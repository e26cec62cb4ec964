/* connector.h: the operations on connectors. Each makes an ask ready (see ask.h), and names its
 * outcomes below; each can also end AWAY or FAULTY. The arguments must live as long as the ask.
 *
 * Each write is one script, which writes all or nothing: the connector's hash, its secrets and its
 * history, and its places in the lists of its shard. Only an index name may be in another shard;
 * see claim.h. */
#ifndef LASTSYNC_CONNECTOR_H
#define LASTSYNC_CONNECTOR_H

#include "store/list/choose.h"

/* Reads fields of a connector, deleted or not: FOUND with one row, or MISSING. */
void connector_read(struct ask *ask, struct str id, const struct str *names, size_t count);

/* What an update means besides its changes. MERGE: nothing. TOUCH: a sign of life. SETTLE: a change
 * of fields that the connector's state depends on, such as its schedules. REPORT: a report of a
 * sync; report.lua derives the fields that begin with '_' from it, and appends a sync that ended to
 * the connector's history. Only a MERGE can change secrets and the fields that lists show. */
enum update_kind { MERGE, TOUCH, SETTLE, REPORT };

/* Sets fields, and clears those whose value is absent, in one step. UPDATED; NOOP if nothing
 * differs; CHANGED if a stored field differs from `expected` (an absent value: the field must be
 * absent); or MISSING (also if the connector is deleted). */
void connector_update(struct ask *ask, struct str id, enum update_kind kind,
                      const struct pair *changes, size_t count, const struct pair *expected,
                      size_t expected_count);

/* Writes a whole document without secrets. It replaces a connector of the same id, and empties its
 * history: CREATED or UPDATED; or TAKEN if another connector that is not deleted has the
 * index_name. If several ask for a name at once, one of them gets it. */
void connector_put(struct ask *ask, struct str id, const struct pair *fields, size_t count);

struct whole;

/* Writes an exported document (see whole.h), deleted or not, with its secrets and its history:
 * CREATED, UPDATED or TAKEN. The caller settles its state afterwards (connector_settle); if it does
 * not come to that, the connector's next write does. */
void connector_restore(struct ask *ask, const struct whole *whole);

/* Gives a connector another index name (empty: none): UPDATED, NOOP, MISSING, or TAKEN by another
 * connector; NATIVE if the connector is Elastic-managed and `refuse_native` is set. */
void connector_rename(struct ask *ask, struct str id, struct str index_name, bool refuse_native);

/* Marks a connector as deleted, or with `hard` removes it, deleted or not: DELETED or MISSING. */
void connector_delete(struct ask *ask, struct str id, bool hard);

/* Computes the times of a connector's next syncs from its schedules, and derives its state again
 * with the current settings: UPDATED, or MISSING. */
void connector_settle(struct ask *ask, struct str id);

/* Compares the places of a connector in `standings` and `successes` with its fields: NOOP if they
 * agree, FOUND if not, or MISSING. */
void connector_look(struct ask *ask, struct str id);

/* The wanted connectors, by their fields. */
struct selection {
    bool (*fits)(const void *filter, const struct str *values); /* NULL: all */
    const void *filter;
    /* Gives what the filter finds in the errors of a connector that fails, in any form of its own;
     * empty if it finds nothing. An overview gives it back as the value SELECTED_FOUND. NULL:
     * errors are not searched. */
    struct str (*find)(const void *filter, struct str errors, struct arena *arena);
};

/* The values that a selection tests, in this order; absent or empty if not stored. */
enum selected_field {
    SELECTED_NAME,
    SELECTED_SERVICE_TYPE,
    SELECTED_INDEX_NAME,
    SELECTED_DESCRIPTION,
    SELECTED_ID,    /* not a field, and always present */
    SELECTED_FOUND, /* no field either: see `find` */
    SELECTED_VALUES
};

enum { SELECTED_FIELDS = SELECTED_ID };

/* The connectors that a list is to hold. */
struct connector_list {
    uint64_t from, size; /* the wanted part of the list */
    bool include_deleted;
    const struct str *index_names; /* only connectors with one of these; none: any */
    size_t index_name_count;
    struct selection selection;
    size_t answer_max; /* the bytes of documents that an answer can hold */
};

/* Lists connectors by index name, those without one last, then by id: FOUND, with the total number;
 * the ask's take_rows gets the wanted part. */
void connector_list(struct ask *ask, const struct connector_list *list, const struct str *names,
                    size_t count);

/* Chooses connectors by any of their fields, deleted ones included, in the order of connector_list;
 * see choose.h. */
void connector_choose(struct ask *ask, const struct choice *choice, const struct str *names,
                      size_t count);

/* Lists the service types of all connectors that are not deleted, the most frequent first: FOUND,
 * with a row for each, whose id is the type and whose score is the number of connectors. There are
 * at most SERVICE_TYPES_MAX rows; the total is the number of types. */
enum { SERVICE_TYPES_MAX = 1000 };
void connector_service_types(struct ask *ask);

#endif
