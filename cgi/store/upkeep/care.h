/* care.h: compares what lists have with the documents' hashes, and mends it. Each look is one
 * script, and sees one moment; but that of an index name, which may lie in another shard than its
 * connector: a writer may be between two steps, so only what stays wrong over several looks, longer
 * than a request can last, is. */
#ifndef LASTSYNC_CARE_H
#define LASTSYNC_CARE_H

#include "store/redis/ask.h"

enum care_kind {
    CARE_CONNECTOR,  /* whether `connectors` and the directory have it */
    CARE_LISTED,     /* a member of `connectors`, whether a connector is so */
    CARE_ENTRY,      /* a member of the directory, likewise */
    CARE_STATE,      /* a connector, whether `standings` and `successes` have it in its place */
    CARE_LIVE,       /* a member of either, whether such a connector lives */
    CARE_NAME,       /* a connector, whether its index name's key says so */
    CARE_HOLDER,     /* an index name, whether the connector that its key names has it */
    CARE_JOB,        /* a sync job, whether all of its lists have it */
    CARE_LISTED_JOB, /* a member of a list of sync jobs, whether it belongs there */
    CARE_OWNER,      /* a sync job, whether its connector is there */
    CARE_ORPHAN,     /* a key that belongs to a document, whether that is there */
    CARE_ACCESS,     /* a key of access control, whether the list of keys has it */
    CARE_KINDS
};

struct care_item {
    enum care_kind kind;
    unsigned shard;
    struct str key;    /* of Redis, where it was found; of a CARE_OWNER, the id of the connector */
    struct str id;     /* of the document, or the member; of a CARE_ORPHAN, the document's key */
    struct str owner;  /* of a CARE_LISTED_JOB: the connector whose list it is; absent: of all */
    struct str status; /* the same: of which status it is a list; absent: of any */
    int64_t score;     /* of a CARE_JOB */
};

/* Looks at it: FOUND where it is wrong, NOOP where it is not. */
void care_look(struct ask *ask, const struct care_item *item);

/* Mends what is wrong, as far as it can be: UPDATED or NOOP, whatever came of it: look again. */
void care_mend(struct ask *ask, const struct care_item *item);

/* Whether there is a way to mend it; and whether it may be right again in a moment. */
bool care_can_mend(enum care_kind kind);
bool care_may_pass(enum care_kind kind);

/* The counts in `service_types` of a shard, against those that were counted in its directory: FOUND
 * where they differ, though they are what they were before the counting; with `fix` they are set
 * then: UPDATED. NOOP where they are right, or have changed meanwhile. */
struct care_types {
    unsigned shard;
    bool fix;
    const struct pair *before, *counted; /* sorted by name */
    size_t before_count, counted_count;
};

void care_types(struct ask *ask, const struct care_types *types);

/* Reads what `before` is to be: FOUND. */
void care_read_types(struct ask *ask, struct care_types *types);

/* Removes a key: DELETED. */
void care_remove(struct ask *ask, struct str key);

/* Whether there are any data, without a version: those of the first one are FOUND, and NOOP those
 * of this one, which have a directory; or MISSING. */
void care_look_for_data(struct ask *ask);

/* The byte that members of the directory begin with whose connectors are deleted; see search.h. */
enum { DIRECTORY_DELETED = '2' };

#endif
