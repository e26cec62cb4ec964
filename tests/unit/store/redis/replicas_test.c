/* replicas_test.c: tests which replicas count. */
#include "store/redis/replicas.h"
#include "unit.h"

enum { LEAVE = REPLICAS_LEAVE_MILLISECONDS, RETURN = REPLICAS_RETURN_MILLISECONDS };

/* What a server tells, and how many replicas must then have a write. */
static const struct step {
    int port;
    unsigned told;
    int64_t now;
    unsigned wanted;
} leaves[] = {
    { 1, 0, 1, 0 },
    { 1, 2, 2, 2 },
    { 1, 1, 1000000, 2 }, /* it was told long ago that there were two; one may have left just now */
    { 1, 1, 1000000 + LEAVE - 1, 2 },
    { 1, 1, 1000000 + LEAVE, 1 },
    { 1, 2, 1000000 + LEAVE, 2 },
}, comes_back[] = {
    { 1, 2, 1, 2 },
    { 1, 1, 1000, 2 },
    { 1, 2, 2000, 2 }, /* it has not left, or is back */
    { 1, 1, 3000, 2 },
    { 1, 1, 2999 + LEAVE, 2 },
    { 1, 1, 3000 + LEAVE, 1 },
}, leaves_twice[] = {
    { 1, 3, 1, 3 },
    { 1, 2, 1000, 3 },
    { 1, 0, 2000, 3 },
    { 1, 0, 999 + LEAVE, 3 },
    { 1, 0, 1000 + LEAVE, 2 }, /* the second one has not been gone for so long */
    { 1, 0, 1999 + LEAVE, 2 },
    { 1, 0, 2000 + LEAVE, 0 },
}, one_comes_back[] = {
    { 1, 3, 1, 3 },
    { 1, 1, 1000, 3 },
    { 1, 2, 2000, 3 },
    { 1, 2, 1000 + LEAVE, 2 },
}, many_leave[] = {
    { 1, 12, 1, 12 }, { 1, 11, 2, 12 }, { 1, 10, 3, 12 }, { 1, 9, 4, 12 },  { 1, 8, 5, 12 }, { 1, 7, 6, 12 },
    { 1, 6, 7, 12 },  { 1, 5, 8, 12 },  { 1, 4, 9, 12 },  { 1, 3, 10, 12 },
    { 1, 3, 2 + LEAVE, 11 },  /* those that are not remembered make others count for longer, and never shorter */
    { 1, 3, 9 + LEAVE, 6 },
    { 1, 3, 10 + LEAVE, 3 },
}, returns[] = {
    { 1, 2, 1, 2 },
    { 2, 0, 1000, 0 }, /* the one that a sentinel says it promotes */
    { 1, 1, 6000, 2 }, /* and back, since no sentinel named it */
    { 1, 1, 5999 + LEAVE, 2 },
    { 1, 1, 6000 + LEAVE, 1 },
}, returns_late[] = {
    { 1, 2, 1, 2 },
    { 2, 1, 1000, 1 },
    { 1, 0, 1000 + RETURN, 0 }, /* it is the primary anew, and its replicas are yet to come */
    { 2, 0, 999 + 2 * RETURN, 1 },
};

static void walk_steps(const struct step *steps, size_t count)
{
    struct replicas replicas = { 0 };

    for (size_t i = 0; i < count; i++) {
        const struct step *step = &steps[i];

        assert_int_equal(replicas_take(&replicas, "10.0.0.5", step->port, step->told, step->now),
                         step->wanted);
    }
}

static void test_leaving(void **state)
{
    (void)state;
    walk_steps(leaves, COUNT_OF(leaves));
    walk_steps(comes_back, COUNT_OF(comes_back));
    walk_steps(leaves_twice, COUNT_OF(leaves_twice));
    walk_steps(one_comes_back, COUNT_OF(one_comes_back));
    walk_steps(many_leave, COUNT_OF(many_leave));
}

static void test_return(void **state)
{
    (void)state;
    walk_steps(returns, COUNT_OF(returns));
    walk_steps(returns_late, COUNT_OF(returns_late));
}

static void test_hosts(void **state)
{
    struct replicas replicas = { 0 };
    char first[300], second[300];

    (void)state;
    assert_int_equal(replicas_take(&replicas, NULL, 0, 2, 1), 2);
    assert_int_equal(replicas_take(&replicas, NULL, 0, 1, 2), 2);
    assert_int_equal(replicas_take(&replicas, "a", 1, 0, 3), 0);
    assert_int_equal(replicas_take(&replicas, "b", 1, 1, 4), 1);
    assert_int_equal(replicas_take(&replicas, "a", 1, 0, 5), 0);
    memset(first, 'a', sizeof first);
    memset(second, 'a', sizeof second);
    first[299] = second[299] = '\0';
    second[298] = 'b';
    assert_int_equal(replicas_take(&replicas, first, 1, 2, 6), 2);
    assert_int_equal(replicas_take(&replicas, second, 1, 1, 7), 2);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_leaving),
        cmocka_unit_test(test_return),
        cmocka_unit_test(test_hosts),
    };

    return cmocka_run_group_tests_name("replicas", tests, NULL, NULL);
}
