/* pool_test.c: tests how a pool of real processes replaces its workers. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "server/pool.h"

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/instant.h"
#include "unit.h"

enum {
    STARTS_MAX = 16,
    PATIENCE_MILLISECONDS = 20000,
    LONG_ENOUGH = 1000, /* milliseconds for a worker that may leave, even on a busy machine */
    FOR_EVER = 1000000000
};

/* Shared by the workers and the test. */
struct board {
    atomic_int starts;
    atomic_int pids[STARTS_MAX]; /* in order of their start */
    atomic_bool may_leave;
};

static struct board *board;

/* Serves until SIGINT, or until SIGTERM if it may leave by then; both are blocked at first. */
static bool work(void *context)
{
    int signal_number, number = atomic_fetch_add(&board->starts, 1);
    struct timespec moment = { 0, 1000000 };
    bool asked = false;
    sigset_t signals;

    (void)context;
    atomic_store(&board->pids[number], getpid());
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    do {
        signal_number = sigtimedwait(&signals, NULL, &moment);
        asked |= signal_number == SIGTERM;
    } while (signal_number != SIGINT && !(asked && atomic_load(&board->may_leave)));
    return true;
}

static pid_t start_pool(unsigned count, int patience)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        struct pool_options options = { .count = count, .work = work, .patience = patience };

        /* A test that fails leaves no pool behind. */
        if (prctl(PR_SET_PDEATHSIG, SIGTERM) || !freopen("/dev/null", "w", stderr))
            _exit(EXIT_FAILURE);
        _exit(pool_run(&options) ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    return pid;
}

static void wait_until(bool (*holds)(int), int number)
{
    int64_t end = instant_ticks() + PATIENCE_MILLISECONDS;

    while (!holds(number)) {
        assert_true(instant_ticks() < end);
        (void)poll(NULL, 0, 1);
    }
}

/* Whether so many have started, and written their pid. */
static bool has_started(int count)
{
    return atomic_load(&board->starts) >= count && atomic_load(&board->pids[count - 1]);
}

/* Whether the pool has reaped the worker of that number. */
static bool has_gone(int number)
{
    return kill(atomic_load(&board->pids[number]), 0) < 0;
}

/* Whether so many are gone. A worker that starts slowly may be counted after its successor, so the
 * numbers do not tell which workers should leave. */
static bool have_gone(int count)
{
    for (int number = 0; number < atomic_load(&board->starts); number++)
        count -= has_gone(number);
    return count <= 0;
}

static void end_pool(pid_t pool, int expected)
{
    int status;

    assert_int_equal(kill(pool, SIGTERM), 0);
    assert_int_equal(waitpid(pool, &status, 0), pool);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), expected);
}

static int open_board(void **state)
{
    (void)state;
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return board == MAP_FAILED ? -1 : 0;
}

static int close_board(void **state)
{
    (void)state;
    return munmap(board, sizeof *board);
}

static void test_replaces_all(void **state)
{
    pid_t pool = start_pool(3, FOR_EVER);

    (void)state;
    atomic_store(&board->may_leave, true);
    wait_until(has_started, 3);
    assert_int_equal(kill(pool, SIGHUP), 0);
    wait_until(has_started, 6);
    for (int number = 0; number < 3; number++)
        wait_until(has_gone, number);
    end_pool(pool, EXIT_SUCCESS);
    assert_int_equal(atomic_load(&board->starts), 6);
}

/* One that does not leave is killed, and the next is replaced. */
static void test_does_not_wait_for_ever(void **state)
{
    pid_t pool = start_pool(2, LONG_ENOUGH);

    (void)state;
    wait_until(has_started, 2);
    assert_int_equal(kill(pool, SIGHUP), 0);
    wait_until(has_started, 4);
    for (int number = 0; number < 2; number++)
        wait_until(has_gone, number);
    end_pool(pool, EXIT_SUCCESS);
    assert_int_equal(atomic_load(&board->starts), 4);
}

/* Workers that are asked to leave while they may not stay until they may. However often the pool is
 * asked meanwhile, it replaces them once more. */
static void test_remembers_one_that_comes_meanwhile(void **state)
{
    pid_t pool = start_pool(2, FOR_EVER);

    (void)state;
    wait_until(has_started, 2);
    assert_int_equal(kill(pool, SIGHUP), 0);
    wait_until(has_started, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(kill(pool, SIGHUP), 0);
        assert_int_equal(kill(atomic_load(&board->pids[2]), 0), 0);
    }
    assert_int_equal(atomic_load(&board->starts), 3);
    atomic_store(&board->may_leave, true);
    wait_until(has_started, 6);
    wait_until(have_gone, 4);
    end_pool(pool, EXIT_SUCCESS);
    assert_int_equal(atomic_load(&board->starts), 6);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_replaces_all, open_board, close_board),
        cmocka_unit_test_setup_teardown(test_does_not_wait_for_ever, open_board, close_board),
        cmocka_unit_test_setup_teardown(test_remembers_one_that_comes_meanwhile, open_board,
                                        close_board),
    };

    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
