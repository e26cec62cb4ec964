/* digest_test.c: tests SHA-256 by known values (FIPS 180-4's examples), and comparing. */
#include "base/digest.h"

#include "unit.h"

/* clang-format off */
static const struct { struct str text, hex; } rows[] = {
    { STR_ROW(""),    STR_ROW("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855") },
    { STR_ROW("abc"), STR_ROW("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad") },
    { STR_ROW("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
                      STR_ROW("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1") },
};

static const struct str refused[] = {
    STR_ROW(""), STR_ROW("e3"),
    STR_ROW("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85"),
    STR_ROW("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8555"),
    STR_ROW("E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    STR_ROW("g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    STR_ROW("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85\0"),
};
/* clang-format on */

static void test_rows(void **state)
{
    (void)state;
    for_each_row (i, rows) {
        struct digest digest = digest_of(rows[i].text), read;
        char hex[2 * DIGEST_BYTES];

        assert_same(digest_write(&digest, hex), rows[i].hex);
        assert_row(digest_read(rows[i].hex, &read), rows[i].hex);
        assert_row(digest_equal(&digest, &read), rows[i].hex);
    }
}

static void test_refused(void **state)
{
    struct digest digest;

    (void)state;
    for_each_row (i, refused)
        assert_row(!digest_read(refused[i], &digest), refused[i]);
}

/* RFC 4231, test case 2; and its case 6, of a key that is longer than a block. */
static void test_hmac(void **state)
{
    struct digest digest = digest_hmac(STR("Jefe"), STR("what do ya want for nothing?"));
    char hex[2 * DIGEST_BYTES], key[131];

    (void)state;
    assert_text(digest_write(&digest, hex),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    digest = digest_hmac((struct str){ key, sizeof key },
                         STR("Test Using Larger Than Block-Size Key - Hash Key First"));
    assert_text(digest_write(&digest, hex),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void test_each_bit_counts(void **state)
{
    struct digest digest = digest_of(STR("abc")), other;

    (void)state;
    for (size_t bit = 0; bit < (size_t)8 * DIGEST_BYTES; bit++) {
        other = digest;
        other.bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
        assert_false(digest_equal(&digest, &other));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_each_bit_counts),
    };

    return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
