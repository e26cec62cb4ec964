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

/* A whole document. Its fields are sorted by name. */
struct whole {
    enum whole_kind kind;
    struct str id;
    struct pair *fields, *secrets;
    size_t field_count, secret_count;
    bool has_secrets;            /* whether the secrets are known; there may be none */
    struct whole_entry *history; /* of a connector, the oldest first */
    size_t entry_count;
    struct pair *days; /* of a connector: its counts by day, in the order of days */
    size_t day_count;
};

/* Looks whether there is a document of that kind and id: FOUND or MISSING. */
void whole_look(struct ask *ask, const struct whole *whole);

/* Reads the document whose kind and id are set: FOUND or MISSING. */
void whole_read(struct ask *ask, struct whole *whole);

/* Writes the document, which replaces one of the same id, and lists it: CREATED or UPDATED, or
 * TAKEN if another connector has its index name. Without `has_secrets`, stored secrets stay. The
 * caller must settle a connector afterwards (connector_settle). */
void whole_write(struct ask *ask, const struct whole *whole);

/* Whether connector_settle derives the field, so that exports leave it out. */
bool whole_derives(struct str name);

/* Converts a document of the first version of the schema to this version. True if it was one. */
bool whole_upgrade(struct whole *whole, struct arena *arena);

/* Whether the document has the fields that every document of its kind has. */
bool whole_is_complete(const struct whole *whole);

/* Whether a connector is deleted. */
bool whole_is_deleted(const struct whole *whole);

/* Gives the value of a field, absent if not stored. */
struct str whole_value(const struct whole *whole, struct str name);

#endif
