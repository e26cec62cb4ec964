/* whole.h: reads and writes whole documents, with all that belongs to them, as they are stored. */
#ifndef LASTSYNC_WHOLE_H
#define LASTSYNC_WHOLE_H

#include "store/redis/ask.h"

enum whole_kind { WHOLE_CONNECTOR, WHOLE_SYNC_JOB, WHOLE_KEY, WHOLE_SECRET, WHOLE_KINDS };

struct whole_entry {
    struct str id;
    struct pair *pairs;
    size_t count;
};

/* Its fields are in the order of their names. */
struct whole {
    enum whole_kind kind;
    struct str id;
    struct pair *fields, *secrets;
    size_t field_count, secret_count;
    bool has_secrets;            /* whether `secrets` says what the secrets are: none, maybe */
    struct whole_entry *history; /* of a connector, the oldest first */
    size_t entry_count;
    struct pair *days; /* of a connector: its counts by day, in their order */
    size_t day_count;
};

/* Reads the document whose kind and id are set: FOUND or MISSING. */
void whole_read(struct ask *ask, struct whole *whole);

/* Writes the document over what was there, and lists it: CREATED or UPDATED, or TAKEN where another
 * connector has its index name. Without `has_secrets` its secrets stay as they are. A connector
 * must be settled then (connector_settle). */
void whole_write(struct ask *ask, const struct whole *whole);

/* Whether a field is derived anew when a connector is settled, so that an export needs none of it.
 */
bool whole_derives(struct str name);

/* Makes a document of the first version of the schema into one of this version: true where it was
 * one. */
bool whole_upgrade(struct whole *whole, struct arena *arena);

/* Whether it has the fields that every document of its kind has. */
bool whole_is_complete(const struct whole *whole);

/* Of a connector: whether it is deleted. */
bool whole_is_deleted(const struct whole *whole);

/* The value of a field, absent where it has none. */
struct str whole_value(const struct whole *whole, struct str name);

#endif
