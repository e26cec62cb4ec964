/* world.h: what the tests of the store share: a Redis, stores that are connected to it, and
 * operations that are run to their end. */
#ifndef LASTSYNC_STORE_WORLD_H
#define LASTSYNC_STORE_WORLD_H

#include "redis_server.h"
#include "store/connector/overview.h"
#include "store/redis/store.h"
#include "unit.h"

enum { STORES = 3, PATIENCE = 10000, CLAIM_TIME = 20000 };

/* One for the program; each test begins with an empty database and fresh stores. */
struct world {
    struct redis_server redis;
    struct store_address address;
    struct arena *arena;
    struct store *stores[STORES];
    struct ask_settings settings;
    struct overview overview; /* what overviews are to hold, and in the end the counts */
};

extern struct world world;

/* For cmocka: around a group and around a test. */
int world_open(void **state);
int world_close(void **state);
int world_begin(void **state);
int world_end(void **state);

#define WORLD_TEST(function) cmocka_unit_test_setup_teardown(function, world_begin, world_end)
#define REDIS(...)           redis_server_ask(&world.redis, world.arena, __VA_ARGS__)

/* A store that is connected; fails the test where that takes too long. */
struct store *world_store(int patience);
void world_connect(struct store *store);

/* A new ask, for an operation. */
struct ask *world_ask(void);

/* Checks that each command of the ask has all its keys in one slot of a cluster. */
void world_check_slots(const struct ask *ask);

/* Sends the ask and flushes until it has its outcome. */
enum outcome world_run(struct store *store, struct ask *ask);

/* Operations, run to their end by the first store. A NULL index name is none. */
enum outcome world_put(const char *id, const char *index_name);
enum outcome world_delete(const char *id, bool hard);

/* Makes the ask ready to put a live connector of that index name. */
void world_ask_put(struct ask *ask, struct str id, struct str index_name);

/* Makes the ask ready to report that status of a connector's last sync, or to view the standings of
 * all connectors, with what world.overview says. */
void world_ask_report(struct ask *ask, struct str id, struct str status);
void world_ask_overview(struct ask *ask);

#endif
