/* arena_test.c: tests that an arena's pieces are aligned, disjoint and kept, and are released in
 * order. */
#include "base/arena.h"

#include <stdalign.h>

#include "base/text.h"
#include "unit.h"

/* Many pieces of many sizes, each filled with a byte of its own: none overlaps another. */
static void test_pieces_are_apart(void **state)
{
    enum { PIECES = 2000 };
    static unsigned char *pieces[PIECES];
    static size_t sizes[PIECES];
    uint64_t seed = 8;

    for (size_t i = 0; i < PIECES; i++) {
        sizes[i] = unit_random(&seed) % (i % 100 == 0 ? 100000 : 200);
        pieces[i] = arena_take(*state, sizes[i]);
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        memset(pieces[i], (int)(i % 251), sizes[i]);
    }
    for (size_t i = 0; i < PIECES; i++)
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(pieces[i][k], i % 251);
}

static void test_block_edges(void **state)
{
    enum { BLOCK = 16 * 1024 };

    for (size_t size = BLOCK - 20; size < BLOCK + 20; size++) {
        char *one = arena_take(*state, size), *two = arena_take(*state, 1);

        memset(one, 1, size);
        *two = 2;
        assert_int_equal(one[size - 1], 1);
        arena_reset(*state);
    }
}

static void test_cleared(void **state)
{
    memset(arena_take(*state, 4000), 0xff, 4000);
    arena_reset(*state);
    for (size_t size = 0; size < 500; size += 13) {
        const char *bytes = arena_take_cleared(*state, size);

        for (size_t i = 0; i < size; i++)
            assert_int_equal(bytes[i], 0);
    }
}

/* Grows pieces by turns, so that a piece sometimes is the latest and sometimes not. */
static void test_growing(void **state)
{
    enum { PIECES = 3, STEPS = 400 };
    char *pieces[PIECES] = { NULL };
    size_t sizes[PIECES] = { 0 };
    uint64_t seed = 9;

    for (unsigned i = 0; i < STEPS; i++) {
        size_t at = unit_random(&seed) % PIECES, wanted = sizes[at] + unit_random(&seed) % 600;

        pieces[at] = arena_grow(*state, pieces[at], sizes[at], wanted);
        memset(pieces[at] + sizes[at], (int)('a' + at), wanted - sizes[at]);
        sizes[at] = wanted;
        for (size_t k = 0; k < PIECES; k++)
            for (size_t byte = 0; byte < sizes[k]; byte++)
                assert_int_equal(pieces[k][byte], 'a' + k);
    }
}

static void test_latest_grows_in_place(void **state)
{
    char *piece = arena_take(*state, 10);

    assert_ptr_equal(arena_grow(*state, piece, 10, 5000), piece);
    assert_ptr_equal(arena_grow(*state, piece, 5000, 5000), piece);
    (void)arena_take(*state, 1);
    assert_ptr_not_equal(arena_grow(*state, piece, 5000, 5001), piece);
}

/* Empty pieces lie at one place: growing one must not give its room to another. */
static void test_empty_pieces_grow_apart(void **state)
{
    char *one = arena_take(*state, 0), *two = arena_take(*state, 0);

    one = arena_grow(*state, one, 0, 16);
    memset(one, 1, 16);
    two = arena_grow(*state, two, 0, 16);
    memset(two, 2, 16);
    assert_int_equal(one[0], 1);
    assert_int_equal(one[15], 1);
}

/* Two texts that grow by turns leave little waste, however long they become. */
static void test_growing_leaves_no_copies(void **state)
{
    enum { LONG = 8 * 1024 * 1024, BLOCK = 16 * 1024 };
    struct text one = text_new(*state, 100), other = text_new(*state, 100);

    for (unsigned i = 0; one.len < LONG; i++) {
        text_number(&one, i);
        text_number(&other, -(int64_t)i);
    }
    assert_in_range(arena_size(*state), one.size + other.size, one.size + other.size + 5 * BLOCK);
    assert_true(str_starts(text_str(&one), STR("0123456789101112")));
    assert_true(str_starts(text_str(&other), STR("0-1-2-3-4-5-6-7-8-9-10-11")));
    arena_reset(*state);
    assert_int_equal(arena_size(*state), BLOCK);
}

/* The first block is kept for later requests, so it must stay short. */
static void test_first_block_stays_short(void **state)
{
    enum { BLOCK = 16 * 1024 };
    char *piece = arena_take(*state, BLOCK), *grown;

    memset(piece, 'p', BLOCK);
    grown = arena_grow(*state, piece, BLOCK, 100L * BLOCK);
    assert_ptr_not_equal(grown, piece);
    assert_int_equal(grown[BLOCK - 1], 'p');
    arena_reset(*state);
    assert_int_equal(arena_size(*state), BLOCK);
}

static void test_copy(void **state)
{
    struct str text = STR("a\0b"), copy = arena_copy(*state, text);

    assert_same(copy, text);
    assert_ptr_not_equal(copy.ptr, text.ptr);
    assert_int_equal(copy.ptr[copy.len], '\0');
    assert_null(arena_copy(*state, (struct str){ NULL, 0 }).ptr);
    copy = arena_copy(*state, STR(""));
    assert_non_null(copy.ptr);
    assert_int_equal(copy.len, 0);
}

static char order[8];

static void note(void *subject)
{
    const char *letter = subject;

    order[strlen(order)] = *letter;
}

static void test_deferred(void **state)
{
    static char letters[] = "abc";
    struct arena *arena = arena_new();

    (void)state;
    memset(order, 0, sizeof order);
    arena_defer(arena, note, &letters[0]);
    (void)arena_take(arena, 100000);
    arena_defer(arena, note, &letters[1]);
    arena_reset(arena);
    assert_string_equal(order, "ba");
    arena_reset(arena);
    assert_string_equal(order, "ba");
    arena_defer(arena, note, &letters[2]);
    arena_free(arena);
    assert_string_equal(order, "bac");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_pieces_are_apart),
        ARENA_TEST(test_block_edges),
        ARENA_TEST(test_cleared),
        ARENA_TEST(test_growing),
        ARENA_TEST(test_latest_grows_in_place),
        ARENA_TEST(test_empty_pieces_grow_apart),
        ARENA_TEST(test_growing_leaves_no_copies),
        ARENA_TEST(test_first_block_stays_short),
        ARENA_TEST(test_copy),
        ARENA_TEST(test_deferred),
    };

    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
