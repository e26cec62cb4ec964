/* shard_test.c: tests slots, shards and their tags. */
#include "store/schema/shard.h"

#include "base/text.h"
#include "unit.h"

/* By Redis's own CLUSTER KEYSLOT. */
static void test_slots(void **state)
{
    static const struct {
        struct str text;
        unsigned slot;
    } rows[] = {
        { STR_ROW("123456789"), 12739 }, { STR_ROW(""), 0 },        { STR_ROW("foo"), 12182 },
        { STR_ROW("bar"), 5061 },        { STR_ROW("hello"), 866 },
    };

    (void)state;
    for_each_row (i, rows)
        assert_row(shard_slot(rows[i].text) == rows[i].slot, rows[i].text);
}

/* The part of a key that decides its slot. */
static void test_tags_of_keys(void **state)
{
    static const struct {
        struct str key, tag;
    } rows[] = {
        { STR_ROW("{12}:connector:{c1}"), STR_ROW("12") },
        { STR_ROW("p:{a}"), STR_ROW("a") },
        { STR_ROW("lastsync:schema"), STR_ROW("lastsync:schema") },
        { STR_ROW("{}x"), STR_ROW("{}x") },
        { STR_ROW("{a"), STR_ROW("{a") },
        { STR_ROW("a}b{c}d"), STR_ROW("c") },
        { STR_ROW("{{a}}"), STR_ROW("{a") },
        { STR_ROW(""), STR_ROW("") },
    };

    (void)state;
    for_each_row (i, rows)
        assert_same(shard_tag_of(rows[i].key), rows[i].tag);
}

/* Each shard of each number has a tag of its own, which lies in its part of the slots. */
static void test_tags(void **state)
{
    (void)state;
    for (unsigned shards = 1; shards <= 1024; shards *= 2)
        for (unsigned shard = 0; shard < shards; shard++)
            assert_int_equal(shard_of(shard_tag(shard, shards), shards), shard);
}

/* With half as many shards, the number of an id's shard is halved. */
static void test_shards_halve(void **state)
{
    for (unsigned i = 0; i < 1000; i++) {
        struct str id = arena_format(*state, "c%u", i);

        for (unsigned shards = 1024; shards > 1; shards /= 2)
            assert_int_equal(shard_of(id, shards) / 2, shard_of(id, shards / 2));
        assert_int_equal(shard_of(id, 1), 0);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_slots),
        ARENA_TEST(test_tags_of_keys),
        ARENA_TEST(test_tags),
        ARENA_TEST(test_shards_halve),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
