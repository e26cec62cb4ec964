/* pool.c: forks, waits, replaces. */
#define _GNU_SOURCE /* prctl */
#include "server/pool.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/log.h"
#include "base/metrics.h"

enum {
    YOUNG_MILLISECONDS = 1000, /* a worker that dies within this is followed after a pause, */
    PAUSE_FIRST = 100,         /* which doubles */
    PAUSE_MAX = 1000
};

struct worker {
    pid_t pid;       /* 0: not running */
    pid_t former;    /* of a replacement: the worker that is to leave, or 0 */
    int64_t late_at; /* ticks: when that is killed; 0: it was */
    int64_t born_at; /* ticks */
    int64_t due_at;  /* ticks: not running until then */
    int pause;       /* milliseconds, after the next early death */
};

struct pool {
    struct worker workers[POOL_WORKERS_MAX];
    const struct pool_options *options;
    unsigned count;
    sigset_t signals, inherited;
    unsigned rolling;                         /* the next worker to replace; count: none */
    bool roll_wanted;                         /* as soon as no other is under way */
    pid_t counting[1 + 2 * POOL_WORKERS_MAX]; /* the process that has a slot of the metrics, or 0 */
    bool in_order;
};

unsigned pool_slots(unsigned count)
{
    return 1 + 2 * count;
}

/* A free slot of the metrics; 0, which is the pool's own, if there is none. */
static unsigned free_slot(const struct pool *pool)
{
    for (unsigned slot = 1; slot < pool_slots(pool->count); slot++)
        if (!pool->counting[slot])
            return slot;
    return 0;
}

/* Frees the slot that a process had. */
static void leave_slot(struct pool *pool, pid_t pid)
{
    for (unsigned slot = 1; slot < pool_slots(pool->count); slot++) {
        if (pool->counting[slot] != pid)
            continue;
        pool->counting[slot] = 0;
        metrics_leave(slot);
    }
}

static void become_worker(struct pool *pool, pid_t parent, unsigned slot)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
    (void)signal(SIGHUP, SIG_IGN);
    metrics_enter(slot);
    /* Those that end it stay blocked until its loop is ready for them. */
    (void)sigaddset(&pool->inherited, SIGTERM);
    (void)sigaddset(&pool->inherited, SIGINT);
    (void)sigprocmask(SIG_SETMASK, &pool->inherited, NULL);
    _exit(pool->options->work(pool->options->context) ? EXIT_SUCCESS : EXIT_FAILURE);
}

static pid_t start_worker(struct pool *pool)
{
    unsigned slot = free_slot(pool);
    pid_t parent = getpid(), pid;

    if (!slot) {
        log_line(LOG_ERROR, "cannot start a worker: too many of them are still leaving");
        return 0;
    }
    pid = fork();
    if (pid == 0)
        become_worker(pool, parent, slot);
    if (pid < 0) {
        log_line(LOG_ERROR, "cannot start a worker: %s", strerror(errno));
        return 0;
    }
    pool->counting[slot] = pid;
    metrics_add(METRIC_WORKER_STARTS, 0, 1);
    return pid;
}

static void start(struct pool *pool, struct worker *worker)
{
    worker->born_at = instant_ticks();
    worker->pid = start_worker(pool);
    if (!worker->pid)
        worker->due_at = worker->born_at + PAUSE_MAX;
}

static void report_death(pid_t pid, int status)
{
    metrics_add(METRIC_WORKER_DEATHS, 0, 1);
    if (WIFSIGNALED(status))
        log_line(LOG_ERROR, "worker %ld was ended by signal %d", (long)pid, WTERMSIG(status));
    else
        log_line(LOG_ERROR, "worker %ld ended with status %d", (long)pid, WEXITSTATUS(status));
}

static struct worker *find_worker(struct pool *pool, pid_t pid)
{
    for (unsigned i = 0; i < pool->count; i++)
        if (pool->workers[i].pid == pid || pool->workers[i].former == pid)
            return &pool->workers[i];
    return NULL;
}

/* Asks the next worker to leave, once its successor runs. */
static void roll_on(struct pool *pool)
{
    while (pool->rolling < pool->count) {
        struct worker *worker = &pool->workers[pool->rolling++];
        pid_t former = worker->pid;

        if (!former)
            continue; /* dead, and to be replaced anyway */
        start(pool, worker);
        if (!worker->pid) {
            worker->pid = former;
            continue;
        }
        worker->former = former;
        worker->late_at = worker->born_at + pool->options->patience;
        (void)kill(former, SIGTERM);
        return;
    }
}

static bool is_rolling(const struct pool *pool)
{
    for (unsigned i = 0; i < pool->count; i++)
        if (pool->workers[i].former)
            return true;
    return false;
}

/* Replaces all workers, unless some are being replaced: then it is done when they have left. */
static void roll_if_wanted(struct pool *pool)
{
    if (!pool->roll_wanted || is_rolling(pool))
        return;
    log_line(LOG_NOTICE, "the workers are replaced one by one");
    pool->roll_wanted = false;
    pool->rolling = 0;
    roll_on(pool);
}

/* Kills the workers that were asked to leave and have not in time, or all others would wait for
 * them. Gives the milliseconds until the next one is late, at most `wait`. */
static int64_t kill_late(struct pool *pool, int64_t wait)
{
    int64_t now = instant_ticks();

    for (unsigned i = 0; i < pool->count; i++) {
        struct worker *worker = &pool->workers[i];

        if (!worker->former || !worker->late_at)
            continue;
        if (worker->late_at > now) {
            wait = worker->late_at - now < wait ? worker->late_at - now : wait;
            continue;
        }
        log_line(LOG_ERROR, "worker %ld does not leave: it is killed", (long)worker->former);
        (void)kill(worker->former, SIGKILL);
        worker->late_at = 0;
    }
    return wait;
}

static void bury(struct pool *pool, pid_t pid, int status)
{
    struct worker *worker = find_worker(pool, pid);
    int64_t now = instant_ticks();

    leave_slot(pool, pid);
    if (!worker)
        return;
    if (worker->former == pid) {
        worker->former = 0;
        if (status)
            report_death(pid, status);
        roll_on(pool);
        return;
    }
    report_death(pid, status);
    worker->pid = 0;
    if (now - worker->born_at >= YOUNG_MILLISECONDS) {
        worker->pause = 0;
        worker->due_at = now;
        return;
    }
    worker->pause = worker->pause ? worker->pause * 2 : PAUSE_FIRST;
    if (worker->pause > PAUSE_MAX)
        worker->pause = PAUSE_MAX;
    worker->due_at = now + worker->pause;
}

static void bury_dead(struct pool *pool)
{
    pid_t pid;
    int status;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        bury(pool, pid, status);
}

/* Starts the workers that are due, and gives the milliseconds until the next one is, at most a
 * minute. */
static int64_t start_due(struct pool *pool)
{
    int64_t now = instant_ticks(), wait = 60000;

    for (unsigned i = 0; i < pool->count; i++) {
        struct worker *worker = &pool->workers[i];

        if (!worker->pid && worker->due_at <= now)
            start(pool, worker);
        if (!worker->pid && worker->due_at - now < wait)
            wait = worker->due_at - now;
    }
    return wait;
}

static int wait_for_signal(struct pool *pool, int64_t milliseconds)
{
    struct timespec timeout = { (time_t)(milliseconds / 1000),
                                (long)(milliseconds % 1000 * 1000000) };

    return sigtimedwait(&pool->signals, NULL, &timeout);
}

static void signal_all(struct pool *pool, int number)
{
    for (unsigned i = 0; i < pool->count; i++) {
        if (pool->workers[i].pid)
            (void)kill(pool->workers[i].pid, number);
        if (pool->workers[i].former)
            (void)kill(pool->workers[i].former, number);
    }
}

/* Signals a worker no more, which has ended: its pid may soon be another process's. */
static void forget(struct pool *pool, pid_t pid)
{
    struct worker *worker = find_worker(pool, pid);

    if (worker)
        *(worker->pid == pid ? &worker->pid : &worker->former) = 0;
}

/* Ends all workers. Those that do not leave in time are killed. */
static void end_all(struct pool *pool)
{
    int64_t until = instant_ticks() + pool->options->patience;
    bool killed = false;
    int status;
    pid_t pid;

    signal_all(pool, SIGINT); /* tells the loop that no worker stays */
    for (;;) {
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
            pool->in_order &= status == 0;
            forget(pool, pid);
        }
        if (pid < 0)
            return;
        if (instant_ticks() >= until && !killed) {
            log_line(LOG_ERROR, "workers do not leave: they are killed");
            signal_all(pool, SIGKILL);
            killed = true;
        }
        (void)wait_for_signal(pool, 100);
    }
}

/* Waits for something to do, and does it; gives the signal that has come. */
static int turn(struct pool *pool)
{
    int signal_number = wait_for_signal(pool, kill_late(pool, start_due(pool)));

    bury_dead(pool);
    return signal_number;
}

static void block_signals(struct pool *pool)
{
    (void)sigemptyset(&pool->signals);
    (void)sigaddset(&pool->signals, SIGCHLD);
    (void)sigaddset(&pool->signals, SIGHUP);
    (void)sigaddset(&pool->signals, SIGINT);
    (void)sigaddset(&pool->signals, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &pool->signals, &pool->inherited);
}

bool pool_run(const struct pool_options *options)
{
    static struct pool pool;
    int signal_number = 0;

    pool = (struct pool){
        .options = options, .count = options->count, .rolling = options->count, .in_order = true
    };
    block_signals(&pool);
    metrics_set(METRIC_WORKERS_CONFIGURED, pool.count);
    while (signal_number != SIGTERM && signal_number != SIGINT) {
        signal_number = turn(&pool);
        pool.roll_wanted |= signal_number == SIGHUP;
        roll_if_wanted(&pool);
    }
    /* A worker that is just leaving hands its connections to one that stays. */
    pool.rolling = pool.count;
    while (is_rolling(&pool))
        (void)turn(&pool);
    end_all(&pool);
    return pool.in_order;
}
