/* key.h: the names of our keys in Redis: the public schema, version 1. */
#ifndef LASTSYNC_KEY_H
#define LASTSYNC_KEY_H

#include "store/redis/ask.h"

/* connector:{<id>}, a hash with a field for each field of the API that is not secret. In the id the
 * bytes '{', '}',
 * '%' and control bytes are percent-encoded: braces would move the key to another slot of a
 * cluster. */
struct str key_connector(struct ask *ask, struct str id);
bool key_must_be_encoded(char byte);

/* connector:{<id>}:syncs, a stream: the latest reports of it. */
struct str key_syncs(struct ask *ask, struct str id);

/* The fields of connectors and sync jobs that may hold secrets. They lie in a hash of their own
 * beside the document's, for Redis can keep a key from somebody (a dashboard), but not a field. */
bool key_is_secret(struct str field);

/* <the document's key>:secrets, that hash. */
struct str key_secrets(struct ask *ask, struct str document);

/* standings, a sorted set: the id of every connector that is not deleted, scored by how it stands
 * (see standing.h). */
struct str key_standings(struct ask *ask);

/* connectors, a sorted set: every connector as "<index name> <id>", scored by enum listing, so that
 * the set is in the order of lists. An index name has no blank, so the first one parts the two. */
struct str key_connectors(struct ask *ask);

enum listing { LIVE_NAMED, LIVE_UNNAMED, DELETED_NAMED, DELETED_UNNAMED, LISTING_COUNT };

/* A member of it, and what it says. */
struct str key_listed(struct ask *ask, struct str index_name, struct str id);
void key_read_listed(struct str member, struct str *index_name, struct str *id);

/* index_name:{<name>}, a string: the id of the connector that holds this index name. */
struct str key_index_name(struct ask *ask, struct str index_name);

/* index_name:{<name>}:claims, a set that expires: the requests that are about to write the name
 * into the connector that holds it. */
struct str key_claims(struct ask *ask, struct str index_name);

/* index_name:{<name>}:look, a string that expires: the request that looks whether the holder still
 * has the name. */
struct str key_look(struct ask *ask, struct str index_name);

/* sync_job:{<id>}, a hash with a field for each field of the API that is not secret. */
struct str key_sync_job(struct ask *ask, struct str id);

/* {sync_jobs}, or connector:{<id>}:sync_jobs for the jobs of one connector (an absent id: all);
 * with a status behind it, ":pending" for example, only those of this status (an absent one: any).
 * A sorted set of ids, which are scored by their time in milliseconds; see sync_job_place.h. */
struct str key_sync_jobs(struct ask *ask, struct str connector_id, struct str status);
/* lastsync:schema, a hash: the version of this schema that the data has, in `version`. */
struct str key_schema(struct ask *ask);

/* lastsync:key:{<id>}, a hash: a key of access control. No connector's key begins like this, so
 * that a user of Redis can be kept from them. */
struct str key_access(struct ask *ask, struct str id);

/* lastsync:keys, a set: the ids of all of these. */
struct str key_access_list(struct ask *ask);

#endif
