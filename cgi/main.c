/* main.c: from the options to a pool of workers. */
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metrics.h"
#include "base/systemd.h"
#include "command/command.h"
#include "config.h"
#include "server/cgi.h"
#include "server/handover.h"
#include "server/listen.h"
#include "server/loop.h"
#include "server/pool.h"
#include "worker.h"

enum { LEAVING_MILLISECONDS = 10000 };

struct service {
    struct config config;
    struct loop_options loop;
};

static bool serve(void *context)
{
    const struct service *service = context;
    struct application application = worker_open(&service->config);
    bool served = loop_run(&service->loop, &application);

    worker_close(&application);
    return served;
}

/* Raises the limit of open files as far as permitted, and gives the number of connections that it
 * leaves room for, besides a worker's other descriptors: at most `wanted`. */
static unsigned connections_within_limit(unsigned wanted)
{
    enum { OTHERS = 64 };
    struct rlimit limit;
    rlim_t room;

    if (getrlimit(RLIMIT_NOFILE, &limit))
        return wanted;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= (rlim_t)wanted + OTHERS)
        return wanted;
    room = limit.rlim_cur > OTHERS ? limit.rlim_cur - OTHERS : 1;
    log_line(LOG_WARNING,
             "a worker keeps %llu connections instead of %u: it may have no more than %llu files "
             "open",
             (unsigned long long)room, wanted, (unsigned long long)limit.rlim_cur);
    return (unsigned)room;
}

/* Request bodies, keys and exports may hold secrets, and a core dump would hold these. A limit of 0
 * holds only for files: Linux dumps into a program (core_pattern with a pipe) at any limit except
 * 1, which is too small for a file as well (core(5) and the kernel's fs/coredump.c). If the limit
 * may not be raised to 1, the process is marked as not dumpable. */
static void forbid_core_dumps(void)
{
    if (setrlimit(RLIMIT_CORE, &(struct rlimit){ 1, 1 }))
        (void)prctl(PR_SET_DUMPABLE, 0);
}

/* Opens descriptors 0, 1 and 2 if they are closed: the connection to Redis would get their number,
 * and output would be written into it. They are opened for reading, so that writing output fails as
 * it does on a closed descriptor. False if that is not possible. */
static bool fill_standard_descriptors(void)
{
    for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
        if (fcntl(i, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != i)
            return false;
    return true;
}

/* For glibc: libfcgi allocates and frees two blocks of 8 KiB for each request. glibc merges its
 * small free blocks on each such large allocation, unless it keeps none: 3 % of a worker's time. */
static void tune_malloc(void)
{
#ifdef __GLIBC__
    (void)mallopt(M_MXFAST, 0);
#endif
}

static bool open_service(struct service *service)
{
    const struct config *config = &service->config;

    service->loop = (struct loop_options){
        .listener = listen_open(config->listen),
        .handover = { -1, -1 },
        .body_limit = (size_t)config->body_limit,
        .batch_limit = (unsigned)config->batch_limit,
        .connection_limit = connections_within_limit((unsigned)config->connection_limit),
        .slow_limit = (size_t)config->slow_limit,
    };
    if (service->loop.listener < 0)
        return false;
    if (!config->workers || handover_open(service->loop.handover))
        return true;
    log_line(LOG_ERROR, "cannot begin: no sockets for the workers");
    return false;
}

/* A worker that stops has answered its requests by the deadline; then it hands its connections
 * over. */
static bool run_pool(struct service *service)
{
    return pool_run(
        &(struct pool_options){ .count = (unsigned)service->config.workers,
                                .work = serve,
                                .context = service,
                                .patience = (int)service->config.deadline + LEAVING_MILLISECONDS });
}

/* Serves one request, for a web server that starts a process for each. The options are in the
 * environment, as the arguments may come from the client. */
static int serve_as_cgi(struct service *service, char *program)
{
    struct arena *arena = arena_new();
    struct exchange exchange = { .arena = arena };
    struct str length = cgi_read(arena, &exchange.request);
    struct application application;
    bool taken;

    if (config_read(&service->config, 1, (char *[]){ program, NULL }) != CONFIG_READ)
        return config_status(CONFIG_WRONG);
    (void)metrics_open(pool_slots(0));
    cgi_read_body(length, (size_t)service->config.body_limit, arena, &exchange.request);
    application = worker_open(&service->config);
    application.begin(application.state, &exchange);
    while (!exchange.answered)
        application.flush(application.state);
    taken = cgi_answer(&exchange.response, arena);
    worker_close(&application);
    arena_free(arena);
    return taken ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static struct service service;
    enum config_result result;
    bool in_order;
    int status;

    (void)signal(SIGPIPE, SIG_IGN); /* Redis, or a reader of the output, may leave at any time */
    forbid_core_dumps();
    if (!fill_standard_descriptors())
        return EXIT_FAILURE;
    if (cgi_is_asked())
        return serve_as_cgi(&service, argv[0]);
    if (command_run(argc, argv, &status))
        return status;
    result = config_read(&service.config, argc, argv);
    if (result != CONFIG_READ)
        return config_status(result);
    if (!service.config.workers)
        (void)signal(SIGHUP, SIG_IGN); /* there are no workers to replace */
    tune_malloc();
    if (!metrics_open(pool_slots((unsigned)service.config.workers)))
        log_line(LOG_WARNING, "no memory for counters: the metrics stay empty");
    if (!open_service(&service))
        return EXIT_FAILURE;
    log_line(LOG_NOTICE, "serving on %s with %llu workers, Redis at %s",
             service.config.listen[0] ? service.config.listen : "descriptor 0",
             (unsigned long long)service.config.workers, service.config.masked_redis);
    systemd_tell_ready();
    in_order = service.config.workers ? run_pool(&service) : serve(&service);
    listen_remove(service.config.listen);
    return in_order ? EXIT_SUCCESS : EXIT_FAILURE;
}
