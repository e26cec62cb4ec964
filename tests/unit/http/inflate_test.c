/* inflate_test.c: tests unpacking: limits, cuts, bombs and trailing bytes. */
#include "http/inflate.h"

#include <zlib.h>

#include "unit.h"

enum { AMPLE = 1 << 24 };

static struct str pack(struct str plain, int window_bits, struct arena *arena)
{
    z_stream stream = { .avail_in = (unsigned)plain.len };
    char *packed = arena_take(arena, plain.len + 1000);
    char *source = arena_take(arena, plain.len + 1);

    if (plain.len)
        memcpy(source, plain.ptr, plain.len);
    stream.next_in = (unsigned char *)source;
    stream.next_out = (unsigned char *)packed;
    stream.avail_out = (unsigned)plain.len + 1000;
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(deflateEnd(&stream), Z_OK);
    return (struct str){ packed, stream.total_out };
}

static struct str gzip(struct str plain, struct arena *arena)
{
    return pack(plain, MAX_WBITS + 16, arena);
}

/* Bytes that pack badly, or equal ones. */
static struct str make_plain(size_t len, bool alike, struct arena *arena)
{
    char *bytes = arena_take(arena, len + 1);
    uint64_t seed = 10;

    for (size_t i = 0; i < len; i++)
        bytes[i] = alike ? 'a' : (char)unit_random(&seed);
    return (struct str){ bytes, len };
}

static const size_t sizes[] = { 0,    1,    2,    4094,  4095,  4096,   4097,   4098,
                                8191, 8192, 8193, 16384, 16385, 100000, 1048576 };

static void test_sizes_and_limits(void **state)
{
    for_each_row (i, sizes)
        for (int alike = 0; alike < 2; alike++) {
            struct str plain = make_plain(sizes[i], alike, *state), out;
            struct str packed = gzip(plain, *state);

            assert_int_equal(inflate_gzip(packed, AMPLE, *state, &out), INFLATED);
            assert_true(str_equal(out, plain));
            assert_int_equal(inflate_gzip(packed, sizes[i] + 1, *state, &out), INFLATED);
            assert_int_equal(inflate_gzip(packed, sizes[i], *state, &out), INFLATED);
            assert_true(str_equal(out, plain));
            if (sizes[i])
                assert_int_equal(inflate_gzip(packed, sizes[i] - 1, *state, &out),
                                 INFLATE_TOO_LARGE);
        }
}

static void test_every_cut_is_broken(void **state)
{
    struct str packed = gzip(make_plain(300, false, *state), *state), out;

    for (size_t len = 0; len < packed.len; len++)
        assert_int_equal(inflate_gzip((struct str){ packed.ptr, len }, AMPLE, *state, &out),
                         INFLATE_BROKEN);
}

/* A flipped bit is found, except in those bits of the head and of a padding that do not affect the
 * content. */
static void test_flipped_bits(void **state)
{
    struct str plain = make_plain(200, false, *state);
    struct str packed = arena_copy(*state, gzip(plain, *state)), out;
    struct str copy = arena_copy(*state, packed);
    union {
        const char *from;
        char *to;
    } bytes = { copy.ptr };

    for (size_t bit = 0; bit < packed.len * 8; bit++) {
        size_t at = bit / 8;

        bytes.to[at] = (char)(bytes.to[at] ^ 1 << bit % 8);
        if (inflate_gzip(copy, AMPLE, *state, &out) == INFLATED) {
            assert_true(str_equal(out, plain));
            assert_in_range(at, 3, 10);
        }
        bytes.to[at] = packed.ptr[at];
    }
}

static struct str joined(struct str first, struct str second, struct arena *arena)
{
    char *both = arena_take(arena, first.len + second.len);

    memcpy(both, first.ptr, first.len);
    memcpy(both + first.len, second.ptr, second.len);
    return (struct str){ both, first.len + second.len };
}

/* Members of all sizes come out as one text, and the limit applies to the whole. */
static void test_members(void **state)
{
    for_each_row (i, sizes) {
        struct str one = make_plain(sizes[i], false, *state),
                   other = make_plain(5000, true, *state);
        struct str packed = joined(gzip(one, *state), gzip(other, *state), *state), out;
        size_t len = one.len + other.len;

        assert_int_equal(inflate_gzip(packed, len, *state, &out), INFLATED);
        assert_true(str_equal(out, joined(one, other, *state)));
        assert_int_equal(inflate_gzip(packed, len - 1, *state, &out), INFLATE_TOO_LARGE);
        packed = joined(packed, gzip(STR(""), *state), *state);
        assert_int_equal(inflate_gzip(packed, len, *state, &out), INFLATED);
        assert_true(str_equal(out, joined(one, other, *state)));
    }
}

static void test_deflate(void **state)
{
    for_each_row (i, sizes)
        for (int bits = -MAX_WBITS; bits <= MAX_WBITS; bits += 2 * MAX_WBITS) {
            struct str plain = make_plain(sizes[i], false, *state), out;
            struct str packed = pack(plain, bits, *state);

            assert_int_equal(inflate_deflate(packed, sizes[i], *state, &out), INFLATED);
            assert_true(str_equal(out, plain));
            if (sizes[i])
                assert_int_equal(inflate_deflate(packed, sizes[i] - 1, *state, &out),
                                 INFLATE_TOO_LARGE);
            assert_int_equal(
                inflate_deflate((struct str){ packed.ptr, packed.len - 1 }, AMPLE, *state, &out),
                INFLATE_BROKEN);
            assert_int_equal(inflate_deflate(joined(packed, packed, *state), AMPLE, *state, &out),
                             INFLATE_BROKEN);
        }
    assert_int_equal(inflate_deflate(STR(""), AMPLE, *state, &(struct str){ 0 }), INFLATE_BROKEN);
}

static void test_what_is_not_gzip(void **state)
{
    struct str plain = STR("{\"a\":1}"), packed = gzip(plain, *state), out;

    packed = joined(packed, packed, *state);
    assert_int_equal(inflate_gzip((struct str){ packed.ptr, packed.len - 1 }, AMPLE, *state, &out),
                     INFLATE_BROKEN);
    assert_int_equal(inflate_gzip(joined(packed, STR("x"), *state), AMPLE, *state, &out),
                     INFLATE_BROKEN);
    assert_int_equal(inflate_gzip(pack(plain, MAX_WBITS, *state), AMPLE, *state, &out),
                     INFLATE_BROKEN);
    assert_int_equal(inflate_gzip(pack(plain, -MAX_WBITS, *state), AMPLE, *state, &out),
                     INFLATE_BROKEN);
    assert_int_equal(inflate_gzip(plain, AMPLE, *state, &out), INFLATE_BROKEN);
    assert_int_equal(inflate_gzip(STR(""), AMPLE, *state, &out), INFLATE_BROKEN);
}

/* A megabyte of zeros in a kilobyte is detected at the limit, for any limit. */
static void test_bomb(void **state)
{
    struct str bomb = gzip(make_plain(1 << 22, true, *state), *state), out;

    assert_true(bomb.len < 10000);
    for (size_t limit = 0; limit < 1 << 22; limit = limit * 3 + 1)
        assert_int_equal(inflate_gzip(bomb, limit, *state, &out), INFLATE_TOO_LARGE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_sizes_and_limits),
        ARENA_TEST(test_every_cut_is_broken),
        ARENA_TEST(test_flipped_bits),
        ARENA_TEST(test_members),
        ARENA_TEST(test_deflate),
        ARENA_TEST(test_what_is_not_gzip),
        ARENA_TEST(test_bomb),
    };

    return cmocka_run_group_tests_name("inflate", tests, NULL, NULL);
}
