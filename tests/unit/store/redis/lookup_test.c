/* lookup_test.c: tests which texts are addresses, and that names are found or refused in words. */
#include "store/redis/lookup.h"

#include <poll.h>

#include "unit.h"

static void test_addresses(void **state)
{
    (void)state;
    assert_true(lookup_is_address("127.0.0.1"));
    assert_true(lookup_is_address("::1"));
    assert_true(lookup_is_address("fd00::7:1"));
    assert_false(lookup_is_address("localhost"));
    assert_false(lookup_is_address("127.0.0"));
    assert_false(lookup_is_address("[::1]"));
    assert_false(lookup_is_address(""));
}

/* Waits for the end of a lookup, and gives the fault. */
static const char *find(const char *host, char address[LOOKUP_ADDRESS_MAX])
{
    struct lookup *lookup = lookup_begin(host);
    const char *fault;

    assert_non_null(lookup);
    while (!lookup_end(lookup, address, &fault))
        (void)poll(NULL, 0, 1);
    return fault;
}

static void test_names(void **state)
{
    char address[LOOKUP_ADDRESS_MAX];

    (void)state;
    assert_null(find("localhost", address));
    assert_true(lookup_is_address(address));
    assert_non_null(find("no such host.invalid", address));
}

/* Whether the thread or the caller ends first, the memory is freed once: sanitizers check it. */
static void test_abandoned(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        lookup_abandon(lookup_begin("localhost"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_abandoned),
    };

    return cmocka_run_group_tests_name("lookup", tests, NULL, NULL);
}
