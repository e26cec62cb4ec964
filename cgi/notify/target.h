/* target.h: the targets of notifications, read from a file: a JSON object whose member `targets` is
 * an array of objects. */
#ifndef LASTSYNC_NOTIFY_TARGET_H
#define LASTSYNC_NOTIFY_TARGET_H

#include "base/glob.h"
#include "store/schema/fields.h"

enum {
    TARGETS_MAX = 64,              /* targets in a file, */
    TARGETS_FILE_MAX = 256 * 1024, /* and its bytes */
    TARGET_TO_MAX = 16             /* addresses of an e-mail */
};

enum target_type { TARGET_WEBHOOK, TARGET_SLACK, TARGET_ALERTMANAGER, TARGET_EMAIL, TARGET_TYPES };

struct target {
    struct str name; /* identifies it in Redis and in the log */
    uint64_t type;   /* enum target_type */
    struct str url;
    struct str secret; /* of a webhook: signs each message; empty: messages are not signed */
    struct str from;   /* of an e-mail: its sender, */
    struct str to[TARGET_TO_MAX]; /* and who gets it */
    size_t to_count;
    struct str dashboard;            /* the dashboard's address, for links; empty: none */
    bool events[EVENTS];             /* the bad states that it is told of */
    struct glob *types;              /* only connectors of these service types; NULL: all */
    struct glob *connectors;         /* only connectors with these ids; NULL: all */
    uint64_t group, window, timeout; /* seconds: to gather events; to keep quiet about a connector
                                        that flaps; to wait for the target's answer */
};

struct targets {
    struct target rows[TARGETS_MAX];
    size_t count;
};

/* Reads the file into the arena. False if it cannot be read or is wrong, after a sentence on
 * standard error. */
bool targets_read(const char *path, struct arena *arena, struct targets *targets);

#endif
