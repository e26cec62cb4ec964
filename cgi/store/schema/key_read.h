/* key_read.h: reads the names of keys that key.h makes. */
#ifndef LASTSYNC_KEY_READ_H
#define LASTSYNC_KEY_READ_H

#include "store/redis/ask.h"

enum key_kind {
    KEY_OTHER, /* none of ours */
    KEY_CONNECTOR,
    KEY_CONNECTOR_SECRETS,
    KEY_SYNCS,
    KEY_DAYS,
    KEY_INTENTS,
    KEY_CONNECTOR_JOBS,
    KEY_CONNECTORS,
    KEY_STANDINGS,
    KEY_SUCCESSES,
    KEY_DIRECTORY,
    KEY_SERVICE_TYPES,
    KEY_MUTED,
    KEY_HOUR,
    KEY_HOURS,
    KEY_ALL_DAYS,
    KEY_LONG,
    KEY_EVENTS,
    KEY_UNSYNCED,
    KEY_TOLD_UNTIL,
    KEY_TICKER,
    KEY_NOTIFY_LEASE,
    KEY_NOTIFY_TOLD,
    KEY_NOTIFY_HELD,
    KEY_INDEX_NAME,
    KEY_NAME_TOKEN,
    KEY_CLAIMS, /* of the first version */
    KEY_LOOK,   /* of the first version */
    KEY_SYNC_JOB,
    KEY_SYNC_JOB_SECRETS,
    KEY_ALL_JOBS,
    KEY_SCHEMA,
    KEY_ACCESS,
    KEY_ACCESS_LIST,
    KEY_SECRET,
    KEY_KINDS
};

struct key_parts {
    enum key_kind kind;
    unsigned shard;    /* by its tag; 0 if there is one shard, or the key is in no shard */
    struct str name;   /* the id or the index name in it, decoded; empty if it has none */
    struct str status; /* of a list of jobs of one status; else absent */
};

/* Splits a key's name; KEY_OTHER if it is not ours. */
struct key_parts key_read(struct ask *ask, struct str key);

/* Gives the type that Redis must have for keys of that kind: "hash", "zset" and so on. */
struct str key_type(enum key_kind kind);

#endif
