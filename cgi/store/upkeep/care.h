/* care.h: compares lists with the documents' hashes, and mends lists. Each look is one script, and
 * sees one moment. Index names are the exception: a name may be in another shard than its
 * connector, and a writer may be between two steps. So a name counts as wrong only if it stays
 * wrong over several looks, for longer than a request can last. */
#ifndef LASTSYNC_CARE_H
#define LASTSYNC_CARE_H

#include "store/redis/ask.h"

enum care_kind {
    CARE_CONNECTOR, /* whether `connectors` and the directory have it */
    CARE_LISTED,    /* a member of `connectors`, whether a connector agrees with it */
    CARE_ENTRY,     /* a member of the directory, likewise */
    CARE_STATE,  /* a connector, whether it has its right places in `standings` and `successes` */
    CARE_LIVE,   /* a member of either, whether the connector exists and is not deleted */
    CARE_NAME,   /* a connector, whether the key of its index name names it */
    CARE_HOLDER, /* an index name, whether the connector that its key names has it */
    CARE_JOB,    /* a sync job, whether all its lists have it */
    CARE_LISTED_JOB, /* a member of a list of sync jobs, whether it belongs there */
    CARE_OWNER,      /* a sync job, whether its connector exists */
    CARE_ORPHAN,     /* a key that belongs to a document, whether the document exists */
    CARE_ACCESS,     /* a key of access control, whether the list of keys has it */
    CARE_KINDS
};

struct care_item {
    enum care_kind kind;
    unsigned shard;
    struct str key;   /* the key in Redis where it was found; of a CARE_OWNER, the connector's id */
    struct str id;    /* of the document, or the member; of a CARE_ORPHAN, the document's key */
    struct str owner; /* of a CARE_LISTED_JOB: the connector of the list; absent: the list of all */
    struct str status; /* of a CARE_LISTED_JOB: the status of the list; absent: any */
    int64_t score;     /* of a CARE_JOB */
};

/* Checks the item: FOUND if it is wrong, else NOOP. */
void care_look(struct ask *ask, const struct care_item *item);

/* Mends the item as far as possible: UPDATED or NOOP. Neither says that it is right now; care_look
 * does. */
void care_mend(struct ask *ask, const struct care_item *item);

/* Whether items of that kind can be mended; and whether a wrong one may be right again in a
 * moment. */
bool care_can_mend(enum care_kind kind);
bool care_may_pass(enum care_kind kind);

/* Compares the counts in `service_types` of a shard with those counted in its directory. NOOP if
 * they agree, or if `service_types` has changed since before the counting; else FOUND or, with
 * `fix`, which sets them, UPDATED. */
struct care_types {
    unsigned shard;
    bool fix;
    const struct pair *before, *counted; /* sorted by name */
    size_t before_count, counted_count;
};

void care_types(struct ask *ask, const struct care_types *types);

/* Reads the stored counts, to be used as `before`: FOUND. */
void care_read_types(struct ask *ask, struct care_types *types);

/* Removes a key: DELETED. */
void care_remove(struct ask *ask, struct str key);

/* For data without a stored version, looks which version they have: FOUND for the first version,
 * NOOP for this version (there is a directory), MISSING if there are no data. */
void care_look_for_data(struct ask *ask);

/* The first byte of the directory's members for deleted connectors; see search.h. */
enum { DIRECTORY_DELETED = '2' };

#endif
