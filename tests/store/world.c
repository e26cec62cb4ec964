/* world.c: a Redis, stores, and operations that run to their end. */
#include "world.h"

#include <poll.h>

#include "base/instant.h"
#include "base/number.h"
#include "base/text.h"
#include "store/schema/schema.h"

enum { CONNECT_MILLISECONDS = 30000, FLUSHES_MAX = 100000, CLUSTER_SLOTS = 16384 };

struct world world;

/* The number of shards, from SHARDS. */
static unsigned wanted_shards(void)
{
    const char *text = getenv("SHARDS");
    uint64_t shards = 1;

    if (text && number_count(str_from(text), SHARDS_MAX, &shards) != NUMBER_READ)
        shards = 1;
    return (unsigned)shards;
}

bool world_is_cluster(void)
{
    return getenv("REDIS_CLUSTER") != NULL;
}

int world_open(void **state)
{
    static char room[1024];
    const char *cluster = getenv("REDIS_CLUSTER");

    (void)state;
    world.address.path = world.redis.socket;
    if (cluster && !store_read_address(str_from(cluster), room, &world.address))
        return -1;
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
    struct store *store = store_open(&world.address, &world.settings, patience);

    world_connect(store);
    return store;
}

/* No test goes on over the end of an hour: what is counted by hours and days would lie in two. */
static void leave_the_hour(void)
{
    enum { HOUR = 3600, LONGEST = 10 };

    while (instant_now().seconds % HOUR >= HOUR - LONGEST)
        (void)poll(NULL, 0, 20);
}

int world_begin(void **state)
{
    (void)state;
    leave_the_hour();
    world.arena = arena_new();
    world.settings = (struct ask_settings){ .key_prefix = STR(""),
                                            .shards = wanted_shards(),
                                            .history = 100,
                                            .days = 90,
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

/* ---- rows ---- */

static const struct reply *copy_replies(const struct reply *replies, size_t count)
{
    struct reply *copies = arena_take(world.arena, (count + 1) * sizeof *copies);

    for (size_t i = 0; i < count; i++) {
        copies[i] = replies[i];
        if (replies[i].text.ptr)
            copies[i].text = arena_copy(world.arena, replies[i].text);
        if (replies[i].kind == REPLY_LIST)
            copies[i].items = copy_replies(replies[i].items, replies[i].count);
    }
    return copies;
}

static struct row copy_row(const struct row *row, size_t value_count)
{
    struct row copy = *row;

    copy.id = arena_copy(world.arena, row->id);
    copy.values = arena_take(world.arena, (value_count + 1) * sizeof *copy.values);
    for (size_t i = 0; i < value_count; i++)
        copy.values[i] =
            row->values[i].ptr ? arena_copy(world.arena, row->values[i]) : row->values[i];
    if (row->history)
        copy.history = copy_replies(row->history, 1);
    return copy;
}

static bool take_rows(struct ask *ask, const struct row *rows, size_t count)
{
    const size_t *value_count = ask->taker;
    struct row *all = arena_take(world.arena, (ask->row_count + count) * sizeof *all);

    assert_true(count > 0);
    if (ask->row_count)
        memcpy(all, ask->rows, ask->row_count * sizeof *all);
    for (size_t i = 0; i < count; i++)
        all[ask->row_count++] = copy_row(&rows[i], *value_count);
    ask->rows = all;
    return true;
}

struct ask *world_ask_rows(size_t value_count)
{
    struct ask *ask = world_ask();
    size_t *kept = arena_take(world.arena, sizeof *kept);

    *kept = value_count;
    ask->take_rows = take_rows;
    ask->taker = kept;
    return ask;
}

/* ---- what is stored ---- */

struct scored {
    struct str member, score;
};

static int by_score(const void *left, const void *right)
{
    const struct scored *a = left, *b = right;
    int64_t a_score, b_score;

    assert_int_equal(number_truncate(a->score, &a_score), NUMBER_READ);
    assert_int_equal(number_truncate(b->score, &b_score), NUMBER_READ);
    if (a_score != b_score)
        return a_score < b_score ? -1 : 1;
    return str_compare(a->member, b->member);
}

/* Members of the tests have no '|' in them. */
static size_t read_set(struct str text, struct scored *scored)
{
    size_t count = 0;

    while (text.len) {
        scored[count].member = str_take(&text, '|');
        scored[count++].score = str_take(&text, '|');
        text = str_or_empty(text);
    }
    return count;
}

struct str world_set(struct str (*key)(struct ask *ask, unsigned shard))
{
    enum { MEMBERS_MAX = 1000 };
    struct scored *scored = arena_take(world.arena, MEMBERS_MAX * sizeof *scored);
    struct text text = text_new(world.arena, 128);
    size_t count = 0;

    for (unsigned shard = 0; shard < world.settings.shards; shard++) {
        struct str set = REDIS("ZRANGE %b 0 %d WITHSCORES", BYTES(key(world_ask(), shard)),
                               (int)(MEMBERS_MAX / world.settings.shards) - 1);

        count += read_set(set, scored + count);
    }
    if (count)
        qsort(scored, count, sizeof *scored, by_score);
    for (size_t i = 0; i < count; i++) {
        if (i)
            text_byte(&text, '|');
        text_add(&text, scored[i].member);
        text_byte(&text, '|');
        text_add(&text, scored[i].score);
    }
    return text_str(&text);
}

struct str world_digest(void)
{
    static const char script[] =
        "local keys, parts = redis.call('KEYS', '*'), {} table.sort(keys) "
        "for _, key in ipairs(keys) do local kind = redis.call('TYPE', key).ok local all "
        "if kind == 'hash' then local flat, pairs_of = redis.call('HGETALL', key), {} "
        "for i = 1, #flat, 2 do pairs_of[#pairs_of + 1] = flat[i] .. '=' .. flat[i + 1] end "
        "table.sort(pairs_of) all = pairs_of "
        "elseif kind == 'zset' then all = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') "
        "elseif kind == 'set' then all = redis.call('SMEMBERS', key) table.sort(all) "
        "elseif kind == 'stream' then all = {} "
        "for _, entry in ipairs(redis.call('XRANGE', key, '-', '+')) do "
        "all[#all + 1] = entry[1] .. ' ' .. table.concat(entry[2], ' ') end "
        "else all = { redis.call('GET', key) } end "
        "parts[#parts + 1] = key .. ': ' .. table.concat(all, ' ') end "
        "return table.concat(parts, '\\n')";

    return REDIS("EVAL %s 0", script);
}

/* ---- slots ---- */

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
    return crc % CLUSTER_SLOTS;
}

/* Whether a script touches keys that it makes of the prefix in its first ARGV. */
static bool makes_keys(const struct script *script)
{
    return strstr(script->text, "prefix") || strstr(script->text, "ARGV[1] .. '");
}

static void check_script(const struct command *command)
{
    uint64_t keys;

    assert_int_equal(number_count(command->words[0], 100, &keys), NUMBER_READ);
    assert_in_range(keys, 1, command->count - 1);
    for (size_t k = 1; k <= keys; k++)
        assert_int_equal(slot_of(command->words[k]), slot_of(command->words[1]));
    if (makes_keys(command->script)) {
        assert_true(keys + 1 < command->count);
        assert_int_equal(slot_of(command->words[keys + 1]), slot_of(command->words[1]));
    }
}

void world_check_slots(const struct ask *ask)
{
    assert_int_equal(slot_of(STR("123456789")), 0x31c3 % CLUSTER_SLOTS);
    if (world.settings.shards == 1)
        return;
    for (size_t i = 0; i < ask->command_count; i++) {
        const struct command *command = &ask->commands[i];
        bool only_keys =
            str_equal(command->words[0], STR("DEL")) || str_equal(command->words[0], STR("EXISTS"));

        if (command->script)
            check_script(command);
        else
            for (size_t k = 2; only_keys && k < command->count; k++)
                assert_int_equal(slot_of(command->words[k]), slot_of(command->words[1]));
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

void world_flush(struct store *store)
{
    while (store_pending(store))
        store_flush(store);
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
