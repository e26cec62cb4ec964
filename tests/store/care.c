/* care.c: tests that damage is found and mended, and that documents are exported and imported
 * whole. Each ask is checked: no script may touch two slots. */
#include "store/upkeep/care.h"
#include "base/text.h"
#include "groups.h"
#include "sound.h"
#include "store/job/sync_job.h"
#include "store/schema/schema.h"
#include "store/upkeep/scan.h"
#include "store/upkeep/whole.h"

static const struct str any = { NULL, 0 };

static void mend(struct care_item item)
{
    struct ask *ask = world_ask();
    struct care_item *kept = arena_take(world.arena, sizeof *kept);
    enum outcome outcome;

    *kept = item;
    care_mend(ask, kept);
    outcome = world_run(world.stores[0], ask);
    assert_true(outcome == UPDATED || outcome == NOOP);
}

/* Damage made by hand is found, and mended so that all is as it was. */
static void expect_mending(struct care_item item, struct str before)
{
    assert_int_equal(sound_look(item), FOUND);
    assert_true(care_can_mend(item.kind));
    mend(item);
    assert_int_equal(sound_look(item), NOOP);
    assert_same(world_digest(), before);
    sound_check();
}

/* Makes two connectors, one of them deleted, and a job; gives the stored data. */
static struct str fill(void)
{
    static const struct pair described[] = { { STR_ROW("name"), STR_ROW("b") },
                                             { STR_ROW("service_type"), STR_ROW("github") } };
    const struct pair job[] = { { STR("job_type"), STR("full") },
                                { STR("status"), STR("pending") },
                                { STR("created_at"), STR("1970-01-01T00:00:11.001Z") },
                                { STR("_connector_id"), STR("c1") } };
    struct ask *ask = world_ask();

    assert_int_equal(world_put("c1", "n1"), CREATED);
    connector_update(ask, STR("c1"), MERGE, described, COUNT_OF(described), NULL, 0);
    assert_int_equal(world_run(world.stores[0], ask), UPDATED);
    ask = world_ask();
    world_ask_report(ask, STR("c1"), STR("completed"));
    assert_int_equal(world_run(world.stores[0], ask), UPDATED);
    assert_int_equal(world_put("c2", NULL), CREATED);
    assert_int_equal(world_delete("c2", false), DELETED);
    ask = world_ask();
    sync_job_create(ask, STR("j1"), job, COUNT_OF(job));
    assert_int_equal(world_run(world.stores[0], ask), CREATED);
    sound_check();
    return world_digest();
}

/* The item of that kind, in the shard of an id. */
static struct care_item item_of(enum care_kind kind, struct str key, const char *shard_of,
                                struct str id)
{
    return (struct care_item){ .kind = kind,
                               .shard = key_shard(world_ask(), str_from(shard_of)),
                               .key = key,
                               .id = id,
                               .owner = any,
                               .status = any };
}

static struct str list_of(struct str (*key)(struct ask *ask, unsigned shard), const char *id)
{
    return key(world_ask(), key_shard(world_ask(), str_from(id)));
}

/* The connector is not in its place in `connectors`, or in the directory. */
static void test_connectors_that_are_not_listed(void **state)
{
    struct str before = fill();
    struct care_item c1 =
        item_of(CARE_CONNECTOR, key_connector(world_ask(), STR("c1")), "c1", STR("c1"));
    struct care_item c2 =
        item_of(CARE_CONNECTOR, key_connector(world_ask(), STR("c2")), "c2", STR("c2"));

    (void)state;
    (void)REDIS("ZREM %b %s", LIST_OF(key_connectors, "c1"), "n1 c1");
    expect_mending(c1, before);
    (void)REDIS("ZADD %b 2 %s", LIST_OF(key_connectors, "c1"), "n1 c1");
    expect_mending(c1, before);
    (void)REDIS("ZREM %b %b", LIST_OF(key_directory, "c1"), "0b\0c1\0github\0n1\0\0.", (size_t)18);
    expect_mending(c1, before);
    (void)REDIS("ZADD %b 0 %s", LIST_OF(key_connectors, "c2"), " c2");
    expect_mending(c2, before);
}

/* Members of lists to which no connector's state fits. */
static void test_members_that_are_nobodys(void **state)
{
    static const char *const listed[] = { "gone c9", " c9", "n2 c1", " c1", "foreign" };
    struct str before = fill();

    (void)state;
    for_each_row (i, listed) {
        struct str key = list_of(key_connectors, "c1");

        (void)REDIS("ZADD %b 0 %s", BYTES(key), listed[i]);
        expect_mending(item_of(CARE_LISTED, key, "c1", str_from(listed[i])), before);
    }
}

static void test_entries_that_are_nobodys(void **state)
{
    static const struct str entries[] = {
        STR_ROW("0b\0c9\0github\0n1\0\0."),
        STR_ROW("0x\0c1\0github\0n1\0\0."),
        STR_ROW("2b\0c1\0github\0n1\0\0."),
        STR_ROW("0b\0c1\0github\0n1\0\0+"),
        STR_ROW("foreign"),
    };
    struct str before = fill();

    (void)state;
    for_each_row (i, entries) {
        struct str key = list_of(key_directory, "c1");

        (void)REDIS("ZADD %b 0 %b", BYTES(key), BYTES(entries[i]));
        expect_mending(item_of(CARE_ENTRY, key, "c1", entries[i]), before);
    }
}

/* The lists of a living connector: its state, its success, and when it is due. */
static void test_states_that_are_wrong(void **state)
{
    struct str before = fill();
    struct care_item item = item_of(CARE_STATE, any, "c1", STR("c1"));

    (void)state;
    (void)REDIS("ZREM %b c1", LIST_OF(key_standings, "c1"));
    expect_mending(item, before);
    (void)REDIS("ZADD %b 5 c1", LIST_OF(key_standings, "c1"));
    expect_mending(item, before);
    (void)REDIS("ZREM %b c1", LIST_OF(key_successes, "c1"));
    expect_mending(item, before);
    (void)REDIS("ZADD %b 5 c1", LIST_OF(key_successes, "c1"));
    expect_mending(item, before);
    (void)REDIS("HSET %b _due_at 5", CONNECTOR("c1"));
    expect_mending(item, before);
    (void)REDIS("HDEL %b _due_at", CONNECTOR("c1"));
    expect_mending(item, before);
}

static void test_dead_that_stand(void **state)
{
    struct str (*const keys[])(struct ask *ask, unsigned shard) = { key_standings, key_successes };
    static const char *const dead[] = { "c2", "c9" };
    struct str before = fill();

    (void)state;
    for_each_row (i, keys)
        for (size_t k = 0; k < COUNT_OF(dead); k++) {
            struct str key = list_of(keys[i], dead[k]);

            (void)REDIS("ZADD %b 5 %s", BYTES(key), dead[k]);
            expect_mending(item_of(CARE_LIVE, key, dead[k], str_from(dead[k])), before);
        }
}

/* The key of an index name is gone, names another connector, or belongs to none. */
static void test_names_that_are_wrong(void **state)
{
    struct care_item name = { .kind = CARE_NAME, .id = STR("c1") };
    struct care_item holder = { .kind = CARE_HOLDER, .id = STR("n1") };
    struct care_item free_one = { .kind = CARE_HOLDER, .id = STR("n2") };

    (void)state;
    (void)fill();
    assert_true(care_may_pass(CARE_NAME) && care_may_pass(CARE_HOLDER));
    assert_false(care_may_pass(CARE_CONNECTOR));
    (void)REDIS("DEL %b", INDEX_NAME("n1"));
    assert_int_equal(sound_look(name), FOUND);
    mend(name);
    assert_text(REDIS("GET %b", INDEX_NAME("n1")), "c1");
    sound_check();
    (void)REDIS("SET %b c2", INDEX_NAME("n1"));
    assert_int_equal(sound_look(holder), FOUND);
    assert_int_equal(sound_look(name), FOUND);
    mend(holder);
    mend(name);
    assert_text(REDIS("GET %b", INDEX_NAME("n1")), "c1");
    sound_check();
    (void)REDIS("SET %b c1", INDEX_NAME("n2"));
    assert_int_equal(sound_look(free_one), FOUND);
    mend(free_one);
    assert_text(REDIS("EXISTS %b", INDEX_NAME("n2")), "0");
    sound_check();
}

/* A name is mended while the connector that its key names takes it again. */
static void test_a_name_that_is_taken_meanwhile(void **state)
{
    struct care_item holder = { .kind = CARE_HOLDER, .id = STR("n2") };

    (void)state;
    for (int flushes = 0; flushes <= 3; flushes++) {
        struct ask *ask = world_ask();

        assert_int_equal(world_put("c1", "n1"), flushes ? UPDATED : CREATED);
        (void)REDIS("SET %b c1", INDEX_NAME("n2"));
        assert_int_equal(sound_look(holder), FOUND);
        care_mend(ask, &holder);
        store_send(world.stores[1], ask);
        for (int i = 0; i < flushes; i++)
            store_flush(world.stores[1]);
        assert_int_equal(world_put("c1", "n2"), UPDATED);
        while (ask->outcome == ASKING)
            store_flush(world.stores[1]);
        assert_text(REDIS("GET %b", INDEX_NAME("n2")), "c1");
        sound_check();
    }
}

static void test_jobs_that_are_not_listed(void **state)
{
    struct str before = fill();
    unsigned shard = key_shard(world_ask(), STR("j1"));
    struct care_item item =
        item_of(CARE_JOB, key_sync_job(world_ask(), STR("j1")), "j1", STR("j1"));

    (void)state;
    item.score = 11001;
    for (unsigned i = 0; i < 4; i++) {
        struct str key = key_sync_jobs(world_ask(), shard, i & 1 ? STR("c1") : any,
                                       i & 2 ? STR("pending") : any);

        (void)REDIS("ZREM %b j1", BYTES(key));
        expect_mending(item, before);
        (void)REDIS("ZADD %b 7 j1", BYTES(key));
        expect_mending(item, before);
    }
}

static void test_jobs_that_do_not_belong_there(void **state)
{
    static const struct {
        struct str owner, status, id;
    } rows[] = {
        { { NULL, 0 }, { NULL, 0 }, STR_ROW("gone") },
        { { NULL, 0 }, STR_ROW("error"), STR_ROW("j1") },
        { STR_ROW("c9"), { NULL, 0 }, STR_ROW("j1") },
        { STR_ROW("c1"), STR_ROW("error"), STR_ROW("j1") },
    };
    struct str before = fill();
    unsigned shard = key_shard(world_ask(), STR("j1"));

    (void)state;
    for_each_row (i, rows) {
        struct str key = key_sync_jobs(world_ask(), shard, rows[i].owner, rows[i].status);
        struct care_item item = item_of(CARE_LISTED_JOB, key, "j1", rows[i].id);

        item.owner = rows[i].owner;
        item.status = rows[i].status;
        (void)REDIS("ZADD %b 11001 %b", BYTES(key), BYTES(rows[i].id));
        expect_mending(item, before);
    }
}

/* Nothing can mend a job whose connector is gone: it is only reported. */
static void test_jobs_without_their_connector(void **state)
{
    struct care_item item = { .kind = CARE_OWNER, .key = STR("c1"), .id = STR("j1") };

    (void)state;
    (void)fill();
    assert_int_equal(sound_look(item), NOOP);
    assert_false(care_can_mend(CARE_OWNER));
    assert_int_equal(world_delete("c1", true), DELETED);
    assert_int_equal(sound_look(item), FOUND);
}

static void test_orphans(void **state)
{
    struct str before = fill();

    (void)state;
    (void)REDIS("HSET %b a b", SECRETS("c9"));
    expect_mending(item_of(CARE_ORPHAN,
                           key_secrets(world_ask(), key_connector(world_ask(), STR("c9"))), "c9",
                           key_connector(world_ask(), STR("c9"))),
                   before);
    (void)REDIS("XADD %b * a b", SYNCS("c9"));
    expect_mending(item_of(CARE_ORPHAN, key_syncs(world_ask(), STR("c9")), "c9",
                           key_connector(world_ask(), STR("c9"))),
                   before);
    (void)REDIS("HSET %b a b", JOB_SECRETS("j9"));
    expect_mending(item_of(CARE_ORPHAN,
                           key_secrets(world_ask(), key_sync_job(world_ask(), STR("j9"))), "j9",
                           key_sync_job(world_ask(), STR("j9"))),
                   before);
}

static void test_keys_of_access_control(void **state)
{
    struct care_item item = { .kind = CARE_ACCESS, .id = STR("k") };

    (void)state;
    (void)REDIS("HSET lastsync:key:{k} secret_sha256 abc");
    assert_int_equal(sound_look(item), FOUND);
    mend(item);
    assert_int_equal(sound_look(item), NOOP);
    assert_text(REDIS("SISMEMBER lastsync:keys k"), "1");
}

/* The counts of service types: too many, too few, foreign ones, or none. */
static void test_counts_of_service_types(void **state)
{
    static const char *const wrong[] = {
        "HINCRBY %b github 1",
        "HSET %b github 0",
        "HSET %b other 3",
        "DEL %b",
    };
    struct str before = fill();
    unsigned shard = key_shard(world_ask(), STR("c1"));

    (void)state;
    for_each_row (i, wrong) {
        assert_int_equal(sound_types(shard, false), NOOP);
        (void)REDIS(wrong[i], LIST_OF(key_service_types, "c1"));
        assert_int_equal(sound_types(shard, false), FOUND);
        assert_int_equal(sound_types(shard, true), UPDATED);
        assert_int_equal(sound_types(shard, true), NOOP);
        assert_same(world_digest(), before);
    }
}

/* A type is counted by as much of it as the directory has, so a long one is not a fault. */
static void test_counts_of_long_service_types(void **state)
{
    char type[300];
    struct pair fields[] = { { STR_ROW("deleted"), STR_ROW("false") },
                             { STR_ROW("service_type"), { type, 0 } } };
    unsigned shard = key_shard(world_ask(), STR("c1"));

    (void)state;
    memset(type, 'x', sizeof type);
    type[5] = '\0';
    for (fields[1].value.len = 127; fields[1].value.len < 130; fields[1].value.len++) {
        struct ask *ask = world_ask();

        connector_put(ask, STR("c1"), fields, COUNT_OF(fields));
        (void)world_run(world.stores[0], ask);
        assert_int_equal(sound_types(shard, false), NOOP);
        assert_text(REDIS("HLEN %b", LIST_OF(key_service_types, "c1")), "1");
    }
    assert_int_equal(world_delete("c1", false), DELETED);
    assert_text(REDIS("EXISTS %b", LIST_OF(key_service_types, "c1")), "0");
}

/* Counts that change during the counting are not overwritten with the old result. */
static void test_counts_that_change_meanwhile(void **state)
{
    static const struct pair counted = { STR_ROW("github"), STR_ROW("7") };
    struct care_types types = { .fix = true, .counted = &counted, .counted_count = 1 };
    struct ask *ask = world_ask();

    (void)state;
    (void)fill();
    types.shard = key_shard(ask, STR("c1"));
    care_read_types(ask, &types);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    (void)REDIS("HINCRBY %b github 1", LIST_OF(key_service_types, "c1"));
    ask = world_ask();
    care_types(ask, &types);
    assert_int_equal(world_run(world.stores[0], ask), NOOP);
    assert_text(REDIS("HGETALL %b", LIST_OF(key_service_types, "c1")), "github|2");
}

/* An apparent orphan has got its document in the meantime. */
static void test_mending_too_late(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    (void)REDIS("HSET %b a b", SECRETS("c1"));
    mend(item_of(CARE_ORPHAN, key_secrets(world_ask(), key_connector(world_ask(), STR("c1"))), "c1",
                 key_connector(world_ask(), STR("c1"))));
    assert_text(REDIS("EXISTS %b", SECRETS("c1")), "1");
}

static struct whole *read_whole(enum whole_kind kind, const char *id)
{
    struct ask *ask = world_ask();
    struct whole *whole = arena_take_cleared(world.arena, sizeof *whole);

    whole->kind = kind;
    whole->id = str_from(id);
    whole_read(ask, whole);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    return whole;
}

static enum outcome write_whole(const struct whole *whole)
{
    struct ask *ask = world_ask();

    whole_write(ask, whole);
    return world_run(world.stores[0], ask);
}

static void test_whole_connectors(void **state)
{
    struct whole *whole;

    (void)state;
    assert_int_equal(world_put("c1", "n1"), CREATED);
    (void)REDIS("HSET %b api_key_id key", SECRETS("c1"));
    (void)REDIS("XADD %b 5-1 a b", SYNCS("c1"));
    whole = read_whole(WHOLE_CONNECTOR, "c1");
    assert_int_equal(world_delete("c1", true), DELETED);
    assert_int_equal(write_whole(whole), CREATED);
    assert_text(world_set(key_connectors), "n1 c1|0");
    assert_text(REDIS("GET %b", INDEX_NAME("n1")), "c1");
    assert_text(REDIS("HGETALL %b", SECRETS("c1")), "api_key_id|key");
    assert_text(REDIS("XLEN %b", SYNCS("c1")), "1");
    assert_text(world_set(key_standings), "c1|7696581394432"); /* never synced, not settled yet */
    (void)REDIS("HSET %b error new", CONNECTOR("c1"));
    (void)REDIS("XADD %b * a c", SYNCS("c1"));
    whole->has_secrets = false;
    (void)REDIS("HSET %b api_key_id other", SECRETS("c1"));
    assert_int_equal(write_whole(whole), UPDATED);
    assert_text(REDIS("HEXISTS %b error", CONNECTOR("c1")), "0");
    assert_text(REDIS("XLEN %b", SYNCS("c1")), "1");
    assert_text(REDIS("HGETALL %b", SECRETS("c1")), "api_key_id|other");
}

static void test_whole_connectors_and_names(void **state)
{
    struct whole *whole;

    (void)state;
    assert_int_equal(world_put("c1", "n1"), CREATED);
    whole = read_whole(WHOLE_CONNECTOR, "c1");
    assert_int_equal(world_delete("c1", false), DELETED);
    assert_int_equal(world_put("c2", "n1"), CREATED);
    assert_int_equal(write_whole(whole), TAKEN);
    whole = read_whole(WHOLE_CONNECTOR, "c1"); /* as it is, deleted */
    assert_int_equal(world_delete("c1", true), DELETED);
    assert_int_equal(write_whole(whole), CREATED);
    assert_text(world_set(key_connectors), "n1 c2|0|n1 c1|2");
    assert_text(world_set(key_standings), "c2|7696581394432");
    assert_text(REDIS("GET %b", INDEX_NAME("n1")), "c2");
}

/* A list of jobs in the shard of the job j. */
static struct str jobs_of_j(struct str connector, const char *status)
{
    return key_sync_jobs(world_ask(), key_shard(world_ask(), STR("j")), connector,
                         str_from(status));
}

static void test_whole_jobs(void **state)
{
    struct whole *whole;

    (void)state;
    (void)REDIS("HSET %b job_type full _connector_id c1 status pending created_at "
                "2026-01-01T00:00:00.000Z",
                SYNC_JOB("j"));
    whole = read_whole(WHOLE_SYNC_JOB, "j");
    assert_true(whole_is_complete(whole));
    assert_int_equal(write_whole(whole), UPDATED);
    assert_text(REDIS("ZRANGE %b 0 -1", BYTES(jobs_of_j(any, "pending"))), "j");
    assert_text(REDIS("ZRANGE %b 0 -1", BYTES(jobs_of_j(STR("c1"), "pending"))), "j");
    for (size_t i = 0; i < whole->field_count; i++) {
        if (str_equal(whole->fields[i].name, STR("status")))
            whole->fields[i].value = STR("error");
        if (str_equal(whole->fields[i].name, STR("_connector_id")))
            whole->fields[i].value = STR("c2");
    }
    assert_int_equal(write_whole(whole), UPDATED);
    assert_text(REDIS("KEYS *sync_jobs*pending"), "");
    assert_text(REDIS("KEYS *{c1}:sync_jobs*"), "");
    assert_text(REDIS("ZRANGE %b 0 -1", BYTES(jobs_of_j(STR("c2"), "error"))), "j");
    assert_text(REDIS("ZRANGE %b 0 -1", BYTES(jobs_of_j(any, "error"))), "j");
}

/* A prefix with special bytes of Redis's patterns is taken literally. */
static void test_scan_and_prefix(void **state)
{
    struct scan scan = { .ended = false };
    struct ask *ask;
    size_t count = 0;

    (void)state;
    world.settings.key_prefix = STR("p[*]?\\:");
    assert_int_equal(world_put("c1", NULL), CREATED);
    (void)REDIS("MSET p*x: 1 pppp 1 other 1");
    while (!scan.ended) {
        ask = world_ask();
        scan_keys(ask, &scan);
        assert_int_equal(world_run(world.stores[0], ask), FOUND);
        for (size_t i = 0; i < scan.count; i++)
            assert_int_not_equal(key_read(ask, scan.found[i].text).kind, KEY_OTHER);
        count += scan.count;
    }
    assert_int_equal(count, 5); /* its hash, and four lists */
}

static void test_versions(void **state)
{
    struct str version;
    struct ask *ask = world_ask();

    (void)state;
    assert_int_equal(schema_judge((struct str){ NULL, 0 }), ASKING);
    assert_int_equal(schema_judge(STR("2")), ASKING);
    assert_int_equal(schema_judge(STR("1")), OUTDATED);
    assert_int_equal(schema_judge(STR("0")), OUTDATED);
    assert_int_equal(schema_judge(STR("3")), NEWER);
    assert_int_equal(schema_judge(STR("x")), NEWER);
    (void)REDIS("HSET lastsync:schema version 1");
    schema_read(ask, &version);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    assert_text(version, "1");
    ask = world_ask();
    schema_mark(ask, version);
    assert_int_equal(world_run(world.stores[0], ask), UPDATED);
    assert_text(REDIS("HMGET lastsync:schema version shards"), "2|1");
    ask = world_ask();
    schema_mark(ask, version); /* another worker was faster */
    assert_int_equal(world_run(world.stores[0], ask), CHANGED);
}

/* Empty data get the number of shards in a store's settings; other data decide the settings. */
static void test_shards_are_what_the_data_says(void **state)
{
    static const unsigned wanted[] = { 4, 16, 1 };
    struct store_address address = world.address;

    (void)state;
    address.schema_use = SCHEMA_SERVED;
    for_each_row (i, wanted) {
        struct ask_settings settings = { .key_prefix = STR(""), .shards = wanted[i] };
        struct store *store = store_open(&address, &settings, PATIENCE);

        world_connect(store);
        assert_int_equal(settings.shards, 4);
        assert_text(REDIS("HMGET lastsync:schema version shards"), "2|4");
        store_close(store);
    }
}

/* An impossible number of shards means a newer lastsync. */
static void test_strange_shards_are_refused(void **state)
{
    static const char *const strange[] = { "0", "3", "2048", "x", "-1" };
    struct store_address address = world.address;

    (void)state;
    address.schema_use = SCHEMA_SERVED;
    for_each_row (i, strange) {
        struct ask_settings settings = { .key_prefix = STR("") };
        struct store *store;
        struct ask ask;

        (void)REDIS("HSET lastsync:schema version 2 shards %s", strange[i]);
        store = store_open(&address, &settings, PATIENCE);
        ask_open(&ask, world.arena, &settings);
        connector_read(&ask, STR("c1"), NULL, 0);
        store_send(store, &ask);
        store_flush(store);
        assert_int_equal(ask.outcome, NEWER);
        store_close(store);
    }
}

int test_care(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(test_connectors_that_are_not_listed),
        WORLD_TEST(test_members_that_are_nobodys),
        WORLD_TEST(test_entries_that_are_nobodys),
        WORLD_TEST(test_states_that_are_wrong),
        WORLD_TEST(test_dead_that_stand),
        WORLD_TEST(test_names_that_are_wrong),
        WORLD_TEST(test_a_name_that_is_taken_meanwhile),
        WORLD_TEST(test_jobs_that_are_not_listed),
        WORLD_TEST(test_jobs_that_do_not_belong_there),
        WORLD_TEST(test_jobs_without_their_connector),
        WORLD_TEST(test_orphans),
        WORLD_TEST(test_keys_of_access_control),
        WORLD_TEST(test_counts_of_service_types),
        WORLD_TEST(test_counts_of_long_service_types),
        WORLD_TEST(test_counts_that_change_meanwhile),
        WORLD_TEST(test_mending_too_late),
        WORLD_TEST(test_whole_connectors),
        WORLD_TEST(test_whole_connectors_and_names),
        WORLD_TEST(test_whole_jobs),
        WORLD_TEST(test_scan_and_prefix),
        WORLD_TEST(test_versions),
        WORLD_TEST(test_shards_are_what_the_data_says),
        WORLD_TEST(test_strange_shards_are_refused),
    };

    return cmocka_run_group_tests_name("care", tests, world_open, world_close);
}
