/* key_read.h: reads the names of keys: the other way round than key.h. */
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
    unsigned shard;    /* by its tag; 0 where there is one shard, and of a key that no shard has */
    struct str name;   /* the id or the index name in it, decoded; empty where it has none */
    struct str status; /* of a list of jobs of one status; else absent */
};

/* What a key is, by its name. */
struct key_parts key_read(struct ask *ask, struct str key);

/* The type that Redis has to have for it: "hash", "zset" and so on. */
struct str key_type(enum key_kind kind);

#endif
