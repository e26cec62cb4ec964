/* handover_test.c: tests that descriptors pass from one process to another. */
#include "server/handover.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/instant.h"
#include "unit.h"

/* Sends one end of a pipe; the receiver gets another descriptor of the same pipe. */
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

/* The sender waits three seconds if nobody takes a descriptor, and no longer. */
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

/* Sends MANY from a process of a user that may have few open, and signals when these few are all
 * under way. */
static void send_many(int socket, int few, int many, int told)
{
    struct rlimit limit = { (rlim_t)few, (rlim_t)few };

    if ((!geteuid() && setuid(65534)) || setrlimit(RLIMIT_NOFILE, &limit))
        _exit(2);
    for (int sent = 0; sent < many; sent++) {
        if (sent == few + 1 && write(told, "x", 1) != 1)
            _exit(3);
        if (!handover_send(socket, 0))
            _exit(4);
    }
    _exit(0);
}

/* The kernel refuses to have more descriptors under way than a process may have open: the sender
 * waits until some are taken. */
static void test_more_than_may_be_under_way(void **state)
{
    enum { FEW = 32, MANY = 200 };
    int pair[2], told[2], status, received = 0;
    char byte;
    pid_t sender;

    (void)state;
    assert_true(handover_open(pair));
    assert_int_equal(pipe(told), 0);
    sender = fork();
    if (sender == 0)
        send_many(pair[1], FEW, MANY, told[1]);
    (void)close(told[1]);
    (void)close(pair[1]);
    assert_int_equal(read(told[0], &byte, 1), 1);
    for (;;) {
        struct pollfd ready = { pair[0], POLLIN, 0 };
        int passed;

        assert_int_equal(poll(&ready, 1, 10000), 1);
        passed = handover_receive(pair[0]);
        if (passed < 0)
            break;
        received++;
        (void)close(passed);
    }
    assert_int_equal(waitpid(sender, &status, 0), sender);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(received, MANY);
    (void)close(told[0]);
    (void)close(pair[0]);
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
        cmocka_unit_test(test_more_than_may_be_under_way),
        cmocka_unit_test(test_what_is_no_descriptor),
    };

    return cmocka_run_group_tests_name("handover", tests, NULL, NULL);
}
