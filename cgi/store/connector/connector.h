/* connector.h: the operations on connectors. Each makes an ask ready (see ask.h), whose outcome
 * says how it went; every one of them can also end AWAY or FAULTY. What is passed in must live as
 * long as the ask.
 *
 * Each that writes is one script, which writes all of it or nothing: the connector's hash, its
 * secrets and its history, and its places in the lists of its shard. Only an index name may lie in
 * another shard; see claim.h. */
#ifndef LASTSYNC_CONNECTOR_H
#define LASTSYNC_CONNECTOR_H

#include "store/list/choose.h"

/* Reads fields of a connector, deleted or not: FOUND with one row, or MISSING. */
void connector_read(struct ask *ask, struct str id, const struct str *names, size_t count);

/* What an update means, besides the fields that it changes: nothing; a sign of life; something that
 * the connector's state follows from, its schedules above all; or a report of a sync, from which
 * report.lua derives the fields that begin with '_', and whose ends it appends to the connector's
 * history. Secrets, and what lists show, can only be changed by a MERGE. */
enum update_kind { MERGE, TOUCH, SETTLE, REPORT };

/* Sets fields, and clears those whose value is absent, in one step, if what `expected` says is
 * still stored (an absent value: still absent): UPDATED, NOOP where nothing differs, CHANGED, or
 * MISSING, as a deleted connector is. */
void connector_update(struct ask *ask, struct str id, enum update_kind kind,
                      const struct pair *changes, size_t count, const struct pair *expected,
                      size_t expected_count);

/* Writes the whole document, without any secrets, over what was there, and begins its history anew:
 * CREATED or UPDATED, or TAKEN where another connector that is not deleted has its index_name. Of
 * several at once that want one name, one gets it. */
void connector_put(struct ask *ask, struct str id, const struct pair *fields, size_t count);

struct whole;

/* The same with a document that was exported (see whole.h), deleted or not, with its secrets and
 * its history; it then settles its state. */
void connector_restore(struct ask *ask, const struct whole *whole);

/* Gives a connector another index name, empty for none: UPDATED, NOOP, MISSING, or TAKEN by another
 * connector; NATIVE where it is Elastic-managed and `refuse_native` says that such may not have it.
 */
void connector_rename(struct ask *ask, struct str id, struct str index_name, bool refuse_native);

/* Marks a connector as deleted, or with `hard` removes it, deleted or not: DELETED or MISSING. */
void connector_delete(struct ask *ask, struct str id, bool hard);

/* Computes the times of a connector's next syncs from its schedules, and derives all that its state
 * follows from, by the settings that hold now: UPDATED, or MISSING. */
void connector_settle(struct ask *ask, struct str id);

/* Looks whether the places of a connector in `standings` and `successes` are those that its fields
 * say: NOOP where they are, FOUND where not, or MISSING. */
void connector_look(struct ask *ask, struct str id);

/* Which connectors are wanted, by their fields. */
struct selection {
    bool (*fits)(const void *filter, const struct str *values); /* NULL: all */
    const void *filter;
};

/* The values that a selection looks at, in this order; absent or empty where there is none. */
enum selected_field {
    SELECTED_NAME,
    SELECTED_SERVICE_TYPE,
    SELECTED_INDEX_NAME,
    SELECTED_DESCRIPTION,
    SELECTED_ID, /* it is no field, and always there */
    SELECTED_VALUES
};

enum { SELECTED_FIELDS = SELECTED_ID };

/* What a list shall hold. */
struct connector_list {
    uint64_t from, size; /* the part of it that is wanted */
    bool include_deleted;
    const struct str *index_names; /* only connectors with one of these; none: any */
    size_t index_name_count;
    struct selection selection;
    size_t answer_max; /* bytes of documents that an answer can hold */
};

/* Lists connectors by index name, those without one last, then by id: FOUND, with how many there
 * are in total; the ask's take_rows gets the wanted part. */
void connector_list(struct ask *ask, const struct connector_list *list, const struct str *names,
                    size_t count);

/* Chooses connectors by any of their fields, deleted ones among them, in the order of
 * connector_list; see choose.h. */
void connector_choose(struct ask *ask, const struct choice *choice, const struct str *names,
                      size_t count);

/* The service types of all connectors that are not deleted, those of most connectors first: FOUND,
 * with a row for each, whose id is the type and whose score is how many have it. There are at most
 * SERVICE_TYPES_MAX rows; the total says how many types there are. */
enum { SERVICE_TYPES_MAX = 1000 };
void connector_service_types(struct ask *ask);

#endif
