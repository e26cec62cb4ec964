/* target.h: whom notifications go to, from a file: a JSON object whose member `targets` is an array
 * of objects. */
#ifndef LASTSYNC_NOTIFY_TARGET_H
#define LASTSYNC_NOTIFY_TARGET_H

#include "base/glob.h"
#include "store/schema/fields.h"

enum { TARGETS_MAX = 64, TARGETS_FILE_MAX = 256 * 1024 }; /* targets in a file, and its bytes */

enum target_type { TARGET_WEBHOOK, TARGET_SLACK, TARGET_ALERTMANAGER, TARGET_TYPES };

struct target {
    struct str name; /* which tells it from others: in Redis, and in the log */
    uint64_t type;   /* enum target_type */
    struct str url;
    struct str secret;               /* of a webhook: signs what is sent; empty: nothing does */
    struct str dashboard;            /* the dashboard's address, for links; empty: none */
    bool events[EVENTS];             /* the bad states that it is told of */
    struct glob *types;              /* of connectors that it is told of; NULL: all */
    struct glob *connectors;         /* by their ids; NULL: all */
    uint64_t group, window, timeout; /* seconds: that events are gathered for, that one that flaps
                                        is not told of again, that the target has to answer */
};

struct targets {
    struct target rows[TARGETS_MAX];
    size_t count;
};

/* Reads the file, into the arena. False after a sentence on standard error. */
bool targets_read(const char *path, struct arena *arena, struct targets *targets);

#endif
