/* key.h: the names of our keys in Redis: the public schema, version 2.
 *
 * With more than one shard, each key of a shard has the shard's tag in front, "{12}:", which puts
 * all keys of the shard into one slot of a cluster. */
#ifndef LASTSYNC_KEY_H
#define LASTSYNC_KEY_H

#include "store/redis/ask.h"

/* Give the number of shards, and the shard of an id or of an index name. */
unsigned key_shards(const struct ask *ask);
unsigned key_shard(const struct ask *ask, struct str name);

/* Gives the prefix of each key of a shard: our own prefix, and the shard's tag. */
struct str key_prefix(struct ask *ask, unsigned shard);

/* connector:{<id>}, a hash with a field for each field of the API that is not secret, and our own.
 * In the id the bytes '{', '}', '%' and control bytes are percent-encoded: braces would move the
 * key to another slot of a cluster. */
struct str key_connector(struct ask *ask, struct str id);
bool key_must_be_encoded(char byte);

/* <the connector's key>:syncs, a stream: its latest ended syncs. */
struct str key_syncs(struct ask *ask, struct str id);

/* <the connector's key>:days, a hash: the counts of its ended syncs, by the days that are over,
 * "2026-11-28". The connector's field _today has those of the latest day. See counts.h. */
struct str key_days(struct ask *ask, struct str id);

/* <the connector's key>:intents, a hash that expires: the index names that are being written into
 * it, by the tokens of the writers; see claim.h. */
struct str key_intents(struct ask *ask, struct str id);

/* <the document's key>:secrets, a hash with the secret fields; see field_is_secret. */
struct str key_secrets(struct ask *ask, struct str document);

/* standings, a sorted set: the id of every connector that is not deleted, scored by its state (see
 * state.h). */
struct str key_standings(struct ask *ask, unsigned shard);

/* successes, a sorted set: the same ids, scored by the last success of content, in milliseconds
 * since 1970; 0 for none. */
struct str key_successes(struct ask *ask, unsigned shard);

/* connectors, a sorted set: every connector as "<index name> <id>", scored by enum listing, so that
 * the set is in the order of lists. An index name has no blank, so the first blank separates the
 * two. */
struct str key_connectors(struct ask *ask, unsigned shard);

enum listing { LIVE_NAMED, LIVE_UNNAMED, DELETED_NAMED, DELETED_UNNAMED, LISTING_COUNT };

/* Make a member of `connectors`, and split one. */
struct str key_listed(struct ask *ask, struct str index_name, struct str id);
void key_read_listed(struct str member, struct str *index_name, struct str *id);

/* directory, a sorted set without scores: every connector by its name, with the texts that are
 * searched; see search.h. */
struct str key_directory(struct ask *ask, unsigned shard);

/* service_types, a hash: how many connectors that are not deleted have each service type. */
struct str key_service_types(struct ask *ask, unsigned shard);

/* muted, a sorted set: the ids of connectors that are muted, scored by the second at which the mute
 * ends; some may have ended. */
struct str key_muted(struct ask *ask, unsigned shard);

/* hour, a string: a time, "2026-11-28T13", and the counts of the syncs that ended in that hour, of
 * all connectors of the shard. hours and days, hashes: the counts by the hours that are over, and
 * by the days up to the latest of these hours. */
struct str key_hour(struct ask *ask, unsigned shard);
struct str key_hours(struct ask *ask, unsigned shard);
struct str key_all_days(struct ask *ask, unsigned shard);

/* events, a stream: each change of a connector's state that is told; see fields.def. unsynced, a
 * sorted set: ids of connectors that have never synced, scored by the second at which a tick checks
 * whether that is so still; some may have synced. told_until, a string: the second until which
 * the events that time causes are told. */
struct str key_events(struct ask *ask, unsigned shard);
struct str key_unsynced(struct ask *ask, unsigned shard);
struct str key_told_until(struct ask *ask, unsigned shard);

/* lastsync:ticker, a string that expires: a tick has run not long ago; see tick.h. It has no
 * tag. */
struct str key_ticker(struct ask *ask);

/* lastsync:notify:{<target>}, a string that expires: the token of the process that tells that
 * target of notifications. It has no tag. Each shard has notify:{<target>}:told, a hash of what the
 * target was told of connectors, and notify:{<target>}:held, a sorted set of the ids of held-back
 * connectors. */
struct str key_notify_lease(struct ask *ask, struct str target);

/* long, a set: the ids of documents with a field that is longer than LONG_TEXT bytes, or, if it
 * holds JSON, than LONG_JSON. Lists read those one by one, cut or bounded (see rows.lua). A
 * document stays in the set until it is written as a whole. */
struct str key_long(struct ask *ask, unsigned shard);

enum { LONG_TEXT = 1024, LONG_JSON = 16 * 1024 };

/* index_name:{<name>}, a string: the id of the connector that has this index name. With more than
 * one shard it is in the shard of the name, beside index_name:{<name>}:token, the token by which it
 * was reserved; see claim.h. */
struct str key_index_name(struct ask *ask, struct str index_name);

/* sync_job:{<id>}, a hash with a field for each field of the API that is not secret. */
struct str key_sync_job(struct ask *ask, struct str id);

/* {sync_jobs}, or connector:{<id>}:sync_jobs for the jobs of one connector (an absent id: all);
 * with a status after it, ":pending" for example, only those of this status (an absent one: any). A
 * sorted set of ids, scored by type and time; see sync_job_score. */
struct str key_sync_jobs(struct ask *ask, unsigned shard, struct str connector_id,
                         struct str status);

/* lastsync:schema, a hash: the version of this schema that the data have, in `version`, and the
 * number of shards, in `shards`. It has no tag. */
struct str key_schema(struct ask *ask);

/* lastsync:key:{<id>}, a hash: a key of access control. No connector's key begins like this, so
 * that a user of Redis can be kept from them. It has no tag. */
struct str key_access(struct ask *ask, struct str id);

/* lastsync:secret:{<id>}, a hash: a connector secret. It has no tag. */
struct str key_secret(struct ask *ask, struct str id);

/* lastsync:keys, a set: the ids of all keys of access control. It has no tag. */
struct str key_access_list(struct ask *ask);

#endif
