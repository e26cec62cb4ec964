/* world.h: shared by the tests of the store: a Redis, stores that are connected to it, and
 * operations that run to their end.
 *
 * The variable SHARDS is the number of shards, by default 1: each test holds with any number. If
 * the variable REDIS_CLUSTER is set, it is the address of a Redis Cluster, and REDIS_SOCKET leads
 * to that: see tests/cluster. */
#ifndef LASTSYNC_STORE_WORLD_H
#define LASTSYNC_STORE_WORLD_H

#include "redis_server.h"
#include "store/connector/overview.h"
#include "store/redis/store.h"
#include "store/schema/key.h"
#include "unit.h"

/* AT_ONCE: the most asks to send before a flush, because all must be answered within PATIENCE. */
enum { STORES = 4, PATIENCE = 10000, AT_ONCE = 500 };

/* One for the program; each test begins with an empty database and fresh stores. */
struct world {
    struct redis_server redis;
    struct store_address address;
    struct arena *arena;
    struct store *stores[STORES];
    struct ask_settings settings;
    struct overview overview; /* the parameters of overviews, and afterwards their counts */
};

extern struct world world;

/* For cmocka: around a group and around a test. */
int world_open(void **state);
int world_close(void **state);
int world_begin(void **state);
int world_end(void **state);

#define WORLD_TEST(function) cmocka_unit_test_setup_teardown(function, world_begin, world_end)
#define REDIS(...)           redis_server_ask(&world.redis, world.arena, __VA_ARGS__)

/* The two arguments of a %b in REDIS(): for any view, and for the keys of a document. */
#define BYTES(view)     (view).ptr, (view).len
#define CONNECTOR(id)   BYTES(key_connector(world_ask(), str_from(id)))
#define SECRETS(id)     BYTES(key_secrets(world_ask(), key_connector(world_ask(), str_from(id))))
#define SYNCS(id)       BYTES(key_syncs(world_ask(), str_from(id)))
#define INDEX_NAME(n)   BYTES(key_index_name(world_ask(), str_from(n)))
#define SYNC_JOB(id)    BYTES(key_sync_job(world_ask(), str_from(id)))
#define JOB_SECRETS(id) BYTES(key_secrets(world_ask(), key_sync_job(world_ask(), str_from(id))))

/* The two arguments for a set of an id's shard: LIST_OF(key_standings, "c1"). */
#define LIST_OF(key, id) BYTES(key(world_ask(), key_shard(world_ask(), str_from(id))))

/* Whether it is a Redis Cluster. */
bool world_is_cluster(void);

/* A connected store; fails the test if that takes too long. */
struct store *world_store(int patience);
void world_connect(struct store *store);

/* A new ask, for an operation; and one for a list, which keeps rows of so many values. */
struct ask *world_ask(void);
struct ask *world_ask_rows(size_t value_count);

/* The contents of a sorted set, over all shards, by score and member: "member|score|...". */
struct str world_set(struct str (*key)(struct ask *ask, unsigned shard));

/* All keys with their contents, as one text, which is the same if nothing has changed. */
struct str world_digest(void);

/* Checks that each command of the ask has all its keys in one slot of a cluster, if there are
 * several shards; this includes keys that a script makes from the prefix in its ARGV. */
void world_check_slots(const struct ask *ask);

/* Sends the ask and flushes until it has its outcome. */
enum outcome world_run(struct store *store, struct ask *ask);

/* Flushes until no ask is pending. */
void world_flush(struct store *store);

/* Operations, run to their end by the first store. A NULL index name is none. */
enum outcome world_put(const char *id, const char *index_name);
enum outcome world_delete(const char *id, bool hard);

/* Makes the ask ready to put a live connector of that index name. */
void world_ask_put(struct ask *ask, struct str id, struct str index_name);

/* Makes the ask ready to report that status of a connector's last sync, or to list connectors by
 * their states, as world.overview says; the latter is an ask for rows. */
void world_ask_report(struct ask *ask, struct str id, struct str status);
void world_ask_overview(struct ask *ask);

#endif
