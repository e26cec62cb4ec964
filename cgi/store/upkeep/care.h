/* care.h: compares the indexes in Redis with the documents' hashes, and mends them by the
 * operations that the service mends them with.
 *
 * An item is something that may be wrong. A writer may be between two steps when it is looked at,
 * so only what stays wrong over several looks, longer than a request can last, is. */
#ifndef LASTSYNC_CARE_H
#define LASTSYNC_CARE_H

#include "store/redis/ask.h"

enum care_kind {
    CARE_PLACE,          /* a connector, whether `connectors` has it in its place */
    CARE_ENTRY,          /* a member of `connectors`, whether a connector is so */
    CARE_STANDING,       /* a connector, whether `standings` has it in its place */
    CARE_STANDING_ENTRY, /* a member of `standings`, whether such a connector lives */
    CARE_NAME,           /* a connector, whether it holds its index name */
    CARE_HOLDER,         /* an index name, whether its holder has it */
    CARE_JOB,            /* a sync job, whether all of its lists have it */
    CARE_JOB_ENTRY,      /* a member of a list of sync jobs, whether it belongs there */
    CARE_OWNER,          /* a sync job, whether its connector is there */
    CARE_ORPHAN,         /* a key that belongs to a document, whether that is there */
    CARE_ACCESS,         /* a key of access control, whether the list of keys has it */
    CARE_KINDS
};

struct care_item {
    enum care_kind kind;
    struct str key;    /* of Redis, where it was found; of a CARE_OWNER, the id of the connector */
    struct str id;     /* of the document, or the member; of a CARE_ORPHAN, the document's key */
    struct str owner;  /* of a CARE_JOB_ENTRY: the connector whose list it is; absent: of all */
    struct str status; /* the same: of which status it is a list; absent: of any */
};

/* Looks at it: FOUND where it is wrong, NOOP where it is not. */
void care_look(struct ask *ask, const struct care_item *item);

/* Mends what is wrong, as far as it can be: UPDATED, whatever came of it: look again. */
void care_mend(struct ask *ask, const struct care_item *item);

/* Whether there is a way to mend it. */
bool care_can_mend(enum care_kind kind);

#endif
