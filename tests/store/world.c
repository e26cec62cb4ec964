/* world.c: a Redis, stores, and operations that are run to their end. */
#include "world.h"

#include <poll.h>

#include "base/instant.h"
#include "base/number.h"
#include "base/text.h"

enum { CONNECT_MILLISECONDS = 30000, FLUSHES_MAX = 100000, SLOTS = 16384 };

struct world world;

int world_open(void **state)
{
    (void)state;
    world.address.path = world.redis.socket;
    if (redis_server_open(&world.redis))
        return 0;
    redis_server_close(&world.redis);
    return -1;
}

int world_close(void **state)
{
    (void)state;
    redis_server_close(&world.redis);
    return 0;
}

void world_connect(struct store *store)
{
    int64_t until = instant_ticks() + CONNECT_MILLISECONDS;

    while (store_tick(store) >= 0) {
        assert_true(instant_ticks() < until);
        (void)poll(NULL, 0, 1);
    }
}

struct store *world_store(int patience)
{
    struct store *store = store_open(&world.address, patience);

    world_connect(store);
    return store;
}

int world_begin(void **state)
{
    (void)state;
    world.arena = arena_new();
    world.settings = (struct ask_settings){ .key_prefix = STR(""),
                                            .claim_time = CLAIM_TIME,
                                            .history = 100,
                                            .max_age = 86400,
                                            .late_grace = 600 };
    world.overview = (struct overview){ .size = 100 };
    (void)REDIS("FLUSHALL");
    for (size_t i = 0; i < STORES; i++)
        world.stores[i] = world_store(PATIENCE);
    return 0;
}

int world_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < STORES; i++)
        store_close(world.stores[i]);
    arena_free(world.arena);
    return 0;
}

struct ask *world_ask(void)
{
    struct ask *ask = arena_take(world.arena, sizeof *ask);

    ask_open(ask, world.arena, &world.settings);
    return ask;
}

/* CRC-16/XMODEM of the key's hash tag, as Redis Cluster has it. */
static unsigned slot_of(struct str key)
{
    struct str rest = key, tag;
    unsigned crc = 0;

    (void)str_take(&rest, '{');
    if (rest.ptr) {
        tag = str_take(&rest, '}');
        if (rest.ptr && tag.len)
            key = tag;
    }
    for (size_t i = 0; i < key.len; i++) {
        crc ^= (unsigned)(unsigned char)key.ptr[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc << 1 ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
    }
    return crc % SLOTS;
}

void world_check_slots(const struct ask *ask)
{
    assert_int_equal(slot_of(STR("123456789")), 0x31c3 % SLOTS);
    for (size_t i = 0; i < ask->command_count; i++) {
        const struct command *command = &ask->commands[i];
        uint64_t keys;

        if (!command->script) { /* all of these have one key, but for DEL */
            for (size_t k = 2; str_equal(command->arguments[0], STR("DEL")) && k < command->count;
                 k++)
                assert_int_equal(slot_of(command->arguments[k]), slot_of(command->arguments[1]));
            continue;
        }
        assert_int_equal(number_count(command->arguments[0], 100, &keys), NUMBER_READ);
        assert_in_range(keys, 1, command->count - 1);
        for (size_t k = 1; k <= keys; k++)
            assert_int_equal(slot_of(command->arguments[k]), slot_of(command->arguments[1]));
    }
}

enum outcome world_run(struct store *store, struct ask *ask)
{
    store_send(store, ask);
    for (size_t i = 0; ask->outcome == ASKING; i++) {
        assert_true(i < FLUSHES_MAX);
        world_check_slots(ask);
        store_flush(store);
    }
    assert_false(store_pending(store));
    return ask->outcome;
}

void world_ask_put(struct ask *ask, struct str id, struct str index_name)
{
    struct pair *fields = arena_take(world.arena, 3 * sizeof *fields);

    fields[0] = (struct pair){ STR("deleted"), STR("false") };
    fields[1] = (struct pair){ STR("name"), STR("a name") };
    fields[2] = (struct pair){ STR("index_name"), index_name };
    connector_put(ask, id, fields, index_name.ptr ? 3 : 2);
}

enum outcome world_put(const char *id, const char *index_name)
{
    struct ask *ask = world_ask();

    world_ask_put(ask, str_from(id), str_from(index_name));
    return world_run(world.stores[0], ask);
}

enum outcome world_delete(const char *id, bool hard)
{
    struct ask *ask = world_ask();

    connector_delete(ask, str_from(id), hard);
    return world_run(world.stores[0], ask);
}

void world_ask_report(struct ask *ask, struct str id, struct str status)
{
    struct pair *changes = arena_take(world.arena, sizeof *changes);

    *changes = (struct pair){ STR("last_sync_status"), status };
    connector_update(ask, id, REPORT, changes, 1, NULL, 0);
}

void world_ask_overview(struct ask *ask)
{
    world.overview.now = instant_now().seconds;
    overview_list(ask, &world.overview, NULL, 0);
}
