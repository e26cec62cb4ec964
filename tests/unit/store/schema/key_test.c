/* key_test.c: tests the names of keys, and asks, which hold commands. */
#include "store/schema/key.h"

#include "base/text.h"
#include "store/schema/shard.h"
#include "unit.h"

static const struct ask_settings plain = { .key_prefix = STR_ROW("") };

static void test_names(void **state)
{
    static const struct str any = { NULL, 0 };
    struct ask ask;

    ask_open(&ask, *state, &plain);
    assert_text(key_connector(&ask, STR("c1")), "connector:{c1}");
    assert_text(key_syncs(&ask, STR("c}")), "connector:{c%7D}:syncs");
    assert_text(key_secrets(&ask, key_connector(&ask, STR("c}:"))), "connector:{c%7D:}:secrets");
    assert_text(key_secrets(&ask, key_sync_job(&ask, STR("j"))), "sync_job:{j}:secrets");
    assert_text(key_standings(&ask, 0), "standings");
    assert_text(key_successes(&ask, 0), "successes");
    assert_text(key_connectors(&ask, 0), "connectors");
    assert_text(key_directory(&ask, 0), "directory");
    assert_text(key_service_types(&ask, 0), "service_types");
    assert_text(key_long(&ask, 0), "long");
    assert_text(key_days(&ask, STR("a")), "connector:{a}:days");
    assert_text(key_muted(&ask, 0), "muted");
    assert_text(key_hour(&ask, 0), "hour");
    assert_text(key_hours(&ask, 0), "hours");
    assert_text(key_all_days(&ask, 0), "days");
    assert_text(key_index_name(&ask, STR("a")), "index_name:{a}");
    assert_text(key_intents(&ask, STR("a")), "connector:{a}:intents");
    assert_text(key_sync_jobs(&ask, 0, any, any), "{sync_jobs}");
    assert_text(key_sync_jobs(&ask, 0, STR("c"), STR("error")), "connector:{c}:sync_jobs:error");
    assert_text(key_prefix(&ask, 0), "");
    ask_open(&ask, *state, &(struct ask_settings){ .key_prefix = STR("p{:") });
    assert_text(key_connector(&ask, STR("c1")), "p{:connector:{c1}");
    assert_text(key_connectors(&ask, 0), "p{:connectors");
    assert_text(key_index_name(&ask, STR("a")), "p{:index_name:{a}");
    assert_text(key_prefix(&ask, 0), "p{:");
}

/* With several shards a tag puts all keys of a shard into one slot; keys outside shards have no
 * tag. */
static void test_tags(void **state)
{
    const struct ask_settings settings = { .key_prefix = STR("p:"), .shards = 16 };
    struct ask ask;
    bool seen[16] = { false };

    ask_open(&ask, *state, &settings);
    for (unsigned i = 0; i < 200; i++) {
        struct str id = arena_format(*state, "c%u", i);
        unsigned shard = key_shard(&ask, id);
        struct str prefix = key_prefix(&ask, shard);

        assert_true(shard < 16);
        seen[shard] = true;
        assert_int_equal(shard, shard_slot(id) / (SLOTS / 16));
        assert_same(key_connector(&ask, id),
                    arena_format(*state, "%.*sconnector:{%.*s}", STR_ARGS(prefix), STR_ARGS(id)));
        assert_same(key_connectors(&ask, shard),
                    arena_format(*state, "%.*sconnectors", STR_ARGS(prefix)));
    }
    for (unsigned shard = 0; shard < 16; shard++) {
        struct str tag = shard_tag(shard, 16);

        assert_true(seen[shard]);
        assert_int_equal(shard_slot(tag) / (SLOTS / 16), shard);
        assert_same(key_prefix(&ask, shard), arena_format(*state, "p:{%.*s}:", STR_ARGS(tag)));
    }
    assert_text(key_schema(&ask), "p:lastsync:schema");
    assert_text(key_access(&ask, STR("a")), "p:lastsync:key:{a}");
    assert_text(key_access_list(&ask), "p:lastsync:keys");
}

/* No two ids have one key, and in none is a brace or a control byte of the id's own. */
static void test_ids_and_keys_are_one_to_one(void **state)
{
    static struct str keys[256 + 4 * 256];
    struct ask ask;
    size_t count = 0;

    ask_open(&ask, *state, &plain);
    for (unsigned byte = 0; byte < 256; byte++) {
        char one = (char)byte, encoded[8];

        (void)snprintf(encoded, sizeof encoded, "%%%02X", byte);
        keys[count++] = key_connector(&ask, (struct str){ &one, 1 });
        keys[count++] = key_connector(&ask, str_from(encoded));
        (void)snprintf(encoded, sizeof encoded, "%%25%02X", byte);
        keys[count++] = key_connector(&ask, str_from(encoded));
    }
    for (size_t i = 0; i < count; i++) {
        struct str inner = str_from_offset(keys[i], sizeof "connector:{" - 1);

        inner.len--;
        for (size_t k = 0; k < inner.len; k++) {
            assert_true((unsigned char)inner.ptr[k] >= 0x20 && inner.ptr[k] != 0x7f);
            assert_true(inner.ptr[k] != '{' && inner.ptr[k] != '}');
        }
        for (size_t k = 0; k < i; k++)
            assert_false(str_equal(keys[i], keys[k]));
    }
}

static void test_listed(void **state)
{
    static const struct {
        struct str index_name, id, member;
    } rows[] = {
        { STR_ROW("a"), STR_ROW("c1"), STR_ROW("a c1") },
        { STR_ROW(""), STR_ROW("c1"), STR_ROW(" c1") },
        { STR_ROW("a"), STR_ROW(" c 1 "), STR_ROW("a  c 1 ") },
        { STR_ROW(""), STR_ROW(" "), STR_ROW("  ") },
        { STR_ROW("a"), STR_ROW("\0{}%"), STR_ROW("a \0{}%") },
    };
    struct ask ask;

    ask_open(&ask, *state, &(struct ask_settings){ .key_prefix = STR("p") });
    for_each_row (i, rows) {
        struct str index_name, id;

        assert_same(key_listed(&ask, rows[i].index_name, rows[i].id), rows[i].member);
        key_read_listed(rows[i].member, &index_name, &id);
        assert_same(index_name, rows[i].index_name);
        assert_same(id, rows[i].id);
    }
}

static void test_ask_holds_its_commands(void **state)
{
    enum { COMMANDS = 100 };
    struct ask ask;

    ask_open(&ask, *state, &plain);
    assert_int_equal(ask.outcome, ASKING);
    for (size_t i = 0; i < COMMANDS; i++) {
        ask_command(&ask, NULL, NULL, 0);
        for (size_t k = 0; k < i; k++)
            ask_word_number(&ask, (int64_t)(i * 1000 + k));
    }
    assert_int_equal(ask.command_count, COMMANDS);
    for (size_t i = 0; i < COMMANDS; i++) {
        assert_int_equal(ask.commands[i].count, i);
        for (size_t k = 0; k < i; k++)
            assert_same(ask.commands[i].words[k], arena_format(*state, "%zu", i * 1000 + k));
    }
    ask_end(&ask, NOOP);
    assert_int_equal(ask.outcome, NOOP);
    assert_int_equal(ask.command_count, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_names),
        ARENA_TEST(test_tags),
        ARENA_TEST(test_ids_and_keys_are_one_to_one),
        ARENA_TEST(test_listed),
        ARENA_TEST(test_ask_holds_its_commands),
    };

    return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
