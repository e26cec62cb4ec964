/* access_cache_test.c: tests how long the cache keeps keys, and that it is bounded. */
#include "api/common/access_cache.h"

#include "base/text.h"
#include "unit.h"

enum { ASKED = 1000000 }; /* ticks */

static struct access_cache *cache;

static int open_cache(void **state)
{
    cache = access_cache_open();
    return unit_open(state);
}

static int close_cache(void **state)
{
    access_cache_close(cache);
    return unit_close(state);
}

static bool finds_with(struct arena *arena, struct str id, struct str secret, int64_t now,
                       struct access_key *key)
{
    struct digest shown = digest_of(secret);

    return access_cache_find(cache, id, &shown, now, arena, key);
}

static bool finds(struct arena *arena, struct str id, int64_t now, struct access_key *key)
{
    return finds_with(arena, id, STR("secret"), now, key);
}

/* Keeps Redis's answer for a client that showed `secret`: there is a key with the secret "secret",
 * or none. */
static void keep_with(struct str id, struct str secret, bool exists, int64_t asked)
{
    struct digest shown = digest_of(secret);
    struct access_key key = { .id = id,
                              .exists = exists,
                              .secret = exists ? digest_of(STR("secret")) : (struct digest){ 0 },
                              .role = ROLE_REPORT,
                              .connectors = STR("a*,b"),
                              .owner = STR("me"),
                              .expires = true,
                              .expiry = { 7, 8 } };

    access_cache_keep(cache, &key, &shown, asked);
}

static void keep(struct str id, bool exists, int64_t asked)
{
    keep_with(id, STR("secret"), exists, asked);
}

static void test_known(void **state)
{
    char id[] = "one";
    struct access_key key;

    assert_false(finds(*state, STR("one"), ASKED, &key));
    keep(str_from(id), true, ASKED);
    memset(id, 'x', sizeof id - 1); /* the cache has a copy */
    assert_false(finds(*state, STR("xxx"), ASKED, &key));
    assert_true(finds(*state, STR("one"), ASKED, &key));
    assert_true(key.exists && key.expires);
    assert_int_equal(key.role, ROLE_REPORT);
    assert_text(key.id, "one");
    assert_text(key.connectors, "a*,b");
    assert_text(key.owner, "me");
    assert_int_equal(key.expiry.seconds, 7);
    assert_true(finds(*state, STR("one"), ASKED + ACCESS_KNOWN_MILLISECONDS - 1, &key));
    assert_false(finds(*state, STR("one"), ASKED + ACCESS_KNOWN_MILLISECONDS, &key));
}

static void test_unknown(void **state)
{
    struct access_key key;

    keep(STR("one"), false, ASKED);
    assert_true(finds(*state, STR("one"), ASKED + ACCESS_REFUSED_MILLISECONDS - 1, &key));
    assert_false(key.exists);
    assert_false(finds(*state, STR("one"), ASKED + ACCESS_REFUSED_MILLISECONDS, &key));
}

/* A wrong secret finds only its own answer, whether there is such a key or not.
 */
static void test_wrong_secrets(void **state)
{
    struct access_key key;

    for (int exists = 0; exists < 2; exists++) {
        struct str id = exists ? STR("there") : STR("not there");

        keep(id, exists, ASKED);
        assert_false(finds_with(*state, id, STR("wrong"), ASKED, &key));
        keep_with(id, STR("wrong"), exists, ASKED);
        assert_true(finds_with(*state, id, STR("wrong"), ASKED, &key));
        assert_false(access_key_fits(&key, &(struct digest){ 0 }));
        assert_false(
            finds_with(*state, id, STR("wrong"), ASKED + ACCESS_REFUSED_MILLISECONDS, &key));
        assert_false(finds_with(*state, id, STR("wrong as well"), ASKED, &key));
        assert_true(finds(*state, id, ASKED, &key));
        assert_int_equal(key.exists, exists);
    }
}

static void test_later_word_counts(void **state)
{
    struct access_key key;

    keep(STR("one"), true, ASKED);
    keep(STR("one"), true, ASKED + 10);
    assert_true(finds(*state, STR("one"), ASKED + ACCESS_KNOWN_MILLISECONDS, &key));
    keep(STR("one"), false, ASKED + ACCESS_KNOWN_MILLISECONDS + 10);
    assert_true(finds(*state, STR("one"), ASKED + ACCESS_KNOWN_MILLISECONDS + 10, &key));
    assert_false(key.exists);
}

static struct str numbered(struct arena *arena, unsigned number)
{
    return arena_format(arena, "key-%u", number);
}

/* A copy stays whole when its slot is reused. */
static void test_copies(void **state)
{
    struct access_key key;

    keep(STR("one"), true, ASKED);
    assert_true(finds(*state, STR("one"), ASKED, &key));
    for (unsigned i = 0; i < 10 * ACCESS_KNOWN_KEYS; i++)
        keep(numbered(*state, i), true, ASKED + 1);
    assert_text(key.id, "one");
    assert_text(key.owner, "me");
}

static unsigned count_known(struct arena *arena, unsigned count, int64_t now)
{
    struct access_key key;
    unsigned known = 0;

    for (unsigned i = 0; i < count; i++)
        known += finds(arena, numbered(arena, i), now, &key);
    return known;
}

static void test_bounds(void **state)
{
    struct access_key key;
    unsigned known;

    keep(STR("one"), true, ASKED);
    for (unsigned i = 0; i < 10 * ACCESS_KNOWN_KEYS; i++)
        keep(numbered(*state, i), false, ASKED);
    known = count_known(*state, 10 * ACCESS_KNOWN_KEYS, ASKED);
    assert_in_range(known, 1, ACCESS_REFUSED_KEYS);
    assert_true(finds(*state, STR("one"), ASKED, &key)); /* guesses have not evicted it */
    for (unsigned i = 0; i < 10 * ACCESS_KNOWN_KEYS; i++)
        keep(numbered(*state, i), true, ASKED);
    known = count_known(*state, 10 * ACCESS_KNOWN_KEYS, ASKED + ACCESS_REFUSED_MILLISECONDS);
    assert_in_range(known, ACCESS_KNOWN_KEYS / 2, ACCESS_KNOWN_KEYS);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_known, open_cache, close_cache),
        cmocka_unit_test_setup_teardown(test_unknown, open_cache, close_cache),
        cmocka_unit_test_setup_teardown(test_wrong_secrets, open_cache, close_cache),
        cmocka_unit_test_setup_teardown(test_later_word_counts, open_cache, close_cache),
        cmocka_unit_test_setup_teardown(test_copies, open_cache, close_cache),
        cmocka_unit_test_setup_teardown(test_bounds, open_cache, close_cache),
    };

    return cmocka_run_group_tests_name("access_cache", tests, NULL, NULL);
}
