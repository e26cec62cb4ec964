/* handover_test.c: tests that descriptors pass from one process to another. */
#include "server/handover.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/instant.h"
#include "unit.h"

/* Sends one end of a pipe; what comes out is another descriptor of the same pipe. */
static void test_passes(void **state)
{
    int pair[2], ends[2], passed;
    char byte = 0;

    (void)state;
    assert_true(handover_open(pair));
    assert_int_equal(handover_receive(pair[0]), -1);
    assert_int_equal(pipe(ends), 0);
    assert_true(handover_send(pair[1], ends[1]));
    assert_int_equal(close(ends[1]), 0);
    passed = handover_receive(pair[0]);
    assert_true(passed >= 0);
    assert_true(fcntl(passed, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(write(passed, "x", 1), 1);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(byte, 'x');
    assert_int_equal(handover_receive(pair[0]), -1);
    assert_int_equal(close(passed), 0);
    assert_int_equal(read(ends[0], &byte, 1), 0);
    (void)close(ends[0]);
    (void)close(pair[0]);
    (void)close(pair[1]);
}

static void test_order_and_number(void **state)
{
    enum { MANY = 100 };
    int pair[2], ends[MANY][2];

    (void)state;
    assert_true(handover_open(pair));
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(pipe(ends[i]), 0);
        assert_true(handover_send(pair[1], ends[i][1]));
        (void)close(ends[i][1]);
    }
    for (int i = 0; i < MANY; i++) {
        int passed = handover_receive(pair[0]);
        char byte = 0;

        assert_true(passed >= 0);
        assert_int_equal(write(passed, &i, 1), 1);
        assert_int_equal(read(ends[i][0], &byte, 1), 1);
        assert_int_equal(byte, (char)i);
        (void)close(passed);
        (void)close(ends[i][0]);
    }
    assert_int_equal(handover_receive(pair[0]), -1);
    (void)close(pair[0]);
    (void)close(pair[1]);
}

/* The sender waits a second when nobody takes what is sent, and no longer. */
static void test_nobody_takes(void **state)
{
    int pair[2];
    int64_t began = instant_ticks();
    unsigned sent = 0;

    (void)state;
    assert_true(handover_open(pair));
    while (handover_send(pair[1], 0)) {
        assert_true(++sent < 100000);
        began = instant_ticks();
    }
    assert_in_range(instant_ticks() - began, 500, 20000);
    assert_true(sent > 10);
    for (unsigned i = 0; i < sent; i++)
        assert_int_equal(close(handover_receive(pair[0])), 0);
    (void)close(pair[0]);
    (void)close(pair[1]);
}

static void test_what_is_no_descriptor(void **state)
{
    int pair[2];

    (void)state;
    assert_true(handover_open(pair));
    assert_int_equal(send(pair[1], "x", 1, 0), 1);
    assert_int_equal(handover_receive(pair[0]), -1);
    assert_false(handover_send(pair[1], -1));
    (void)close(pair[0]);
    assert_false(handover_send(pair[1], 0));
    (void)close(pair[1]);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passes),
        cmocka_unit_test(test_order_and_number),
        cmocka_unit_test(test_nobody_takes),
        cmocka_unit_test(test_what_is_no_descriptor),
    };

    return cmocka_run_group_tests_name("handover", tests, NULL, NULL);
}
