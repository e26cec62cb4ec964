/* metrics.c: the table of metrics, and the memory in which they are counted. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "base/metrics.h"

#include <string.h>
#include <sys/mman.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])
#define BOUNDS(array)   .bounds = (array), .bound_count = COUNT_OF(array)

#define MICROSECONDS(count) (UINT64_C(1000) * (count))
#define MILLISECONDS(count) (UINT64_C(1000000) * (count))
#define SECOND              UINT64_C(1000000000)

enum { PAGE = 4096 };

static const uint64_t request_bounds[] = {
    MICROSECONDS(500),  MILLISECONDS(1),   MICROSECONDS(2500), MILLISECONDS(5),
    MILLISECONDS(10),   MILLISECONDS(25),  MILLISECONDS(50),   MILLISECONDS(100),
    MILLISECONDS(250),  MILLISECONDS(500), MILLISECONDS(1000), MILLISECONDS(2500),
    MILLISECONDS(5000),
};

static const uint64_t flush_bounds[] = {
    MICROSECONDS(100), MICROSECONDS(250), MICROSECONDS(500),  MILLISECONDS(1),  MICROSECONDS(2500),
    MILLISECONDS(5),   MILLISECONDS(10),  MILLISECONDS(25),   MILLISECONDS(50), MILLISECONDS(100),
    MILLISECONDS(250), MILLISECONDS(500), MILLISECONDS(1000),
};

static const uint64_t batch_bounds[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024 };

/* In the order in which they are shown. */
/* clang-format off */
const struct metric_row metric_rows[METRIC_COUNT] = {
    [METRIC_BUILD] =
        { STR_ROW("lastsync_build"), INFO, .labels = { STR_ROW("version") },
          .help = STR_ROW("The version of lastsync.") },
    [METRIC_WORKERS_CONFIGURED] =
        { STR_ROW("lastsync_workers_configured"), GAUGE, .series = 1,
          .help = STR_ROW("Worker processes, as configured.") },
    [METRIC_WORKERS] =
        { STR_ROW("lastsync_workers"), GAUGE, .series = 1,
          .help = STR_ROW("Worker processes that run; one more while one replaces another.") },
    [METRIC_WORKER_START] =
        { STR_ROW("lastsync_worker_start_time_seconds"), GAUGE, STR_ROW("seconds"), { STR_ROW("worker") }, .series = 1,
          .help = STR_ROW("The time at which each worker was started, in seconds since 1970.") },
    [METRIC_WORKER_STARTS] =
        { STR_ROW("lastsync_worker_starts"), COUNTER, .series = 1,
          .help = STR_ROW("Workers started, for any reason.") },
    [METRIC_WORKER_DEATHS] =
        { STR_ROW("lastsync_worker_deaths"), COUNTER, .series = 1,
          .help = STR_ROW("Workers that ended without being asked to, or not in order.") },
    [METRIC_CONNECTIONS] =
        { STR_ROW("lastsync_connections"), GAUGE, .series = 1,
          .help = STR_ROW("Connections from the web server that the workers keep.") },
    [METRIC_TURNS] =
        { STR_ROW("lastsync_turns"), COUNTER, .series = 1,
          .help = STR_ROW("Turns of the workers' loops, including idle ones.") },
    [METRIC_BATCH] =
        { STR_ROW("lastsync_turn_requests"), HISTOGRAM, .series = 1, BOUNDS(batch_bounds),
          .help = STR_ROW("Requests in a turn, without idle turns.") },
    [METRIC_REQUESTS] =
        { STR_ROW("lastsync_http_requests"), COUNTER, .labels = { STR_ROW("route"), STR_ROW("method"), STR_ROW("code") },
          .series = METRIC_ROUTES_MAX * METRIC_CODES_MAX,
          .help = STR_ROW("Requests answered. The route is the path's template, or none for a path or method that has no route.") },
    [METRIC_REQUEST_DURATION] =
        { STR_ROW("lastsync_http_request_duration_seconds"), HISTOGRAM, STR_ROW("seconds"), .series = 1, BOUNDS(request_bounds), .scale = SECOND,
          .help = STR_ROW("Time from the moment when a worker finds a request to the end of the turn that answers it.") },
    [METRIC_BODY_BYTES] =
        { STR_ROW("lastsync_http_request_body_bytes"), COUNTER, STR_ROW("bytes"), .series = 1,
          .help = STR_ROW("Bytes of request bodies, as received.") },
    [METRIC_REDIS_UP] =
        { STR_ROW("lastsync_redis_up"), GAUGE,
          .help = STR_ROW("1 if Redis serves the worker that answers this scrape, 0 if not.") },
    [METRIC_REDIS_READY] =
        { STR_ROW("lastsync_redis_ready"), GAUGE,
          .help = STR_ROW("1 if Redis serves reads and writes, 0 if not: /_lastsync/health/ready says why.") },
    [METRIC_REDIS_DURABLE] =
        { STR_ROW("lastsync_redis_durable"), GAUGE,
          .help = STR_ROW("1 if Redis keeps what it has acknowledged, as far as its settings tell, 0 if it may lose data.") },
    [METRIC_REDIS_CONNECTIONS] =
        { STR_ROW("lastsync_redis_connections"), GAUGE, .series = 1,
          .help = STR_ROW("Connections of workers to Redis, as far as they know; of a worker of a Redis Cluster one to each primary.") },
    [METRIC_REDIS_CONNECTS] =
        { STR_ROW("lastsync_redis_connects"), COUNTER, .series = 1,
          .help = STR_ROW("Connections to Redis that were made.") },
    [METRIC_REDIS_FAILOVERS] =
        { STR_ROW("lastsync_redis_failovers"), COUNTER, .series = 1,
          .help = STR_ROW("Times that a worker changed to another primary that sentinels named.") },
    [METRIC_REDIS_COMMANDS] =
        { STR_ROW("lastsync_redis_commands"), COUNTER, .series = 1,
          .help = STR_ROW("Commands sent to Redis.") },
    [METRIC_REDIS_ERRORS] =
        { STR_ROW("lastsync_redis_errors"), COUNTER, .labels = { STR_ROW("kind") }, .series = METRIC_ERRORS_MAX,
          .help = STR_ROW("Failures of Redis, by its own error words, or connection, protocol, timeout, replicas (too few had a write in time), other.") },
    [METRIC_REDIS_FLUSH_DURATION] =
        { STR_ROW("lastsync_redis_flush_duration_seconds"), HISTOGRAM, STR_ROW("seconds"), .series = 1, BOUNDS(flush_bounds), .scale = SECOND,
          .help = STR_ROW("Time from the write of a turn's commands to the last of their replies.") },
    [METRIC_NODE_CONNECTIONS] =
        { STR_ROW("lastsync_redis_node_connections"), GAUGE, .labels = { STR_ROW("node") }, .series = METRIC_NODES_MAX,
          .help = STR_ROW("Workers with a connection to a node of the Redis Cluster, as far as they know.") },
    [METRIC_NODE_COMMANDS] =
        { STR_ROW("lastsync_redis_node_commands"), COUNTER, .labels = { STR_ROW("node") }, .series = METRIC_NODES_MAX,
          .help = STR_ROW("Commands sent to a node.") },
    [METRIC_NODE_FLUSHES] =
        { STR_ROW("lastsync_redis_node_flushes"), COUNTER, .labels = { STR_ROW("node") }, .series = METRIC_NODES_MAX,
          .help = STR_ROW("Pipelines of commands that a node has answered.") },
    [METRIC_NODE_WAIT] =
        { STR_ROW("lastsync_redis_node_wait_seconds"), COUNTER, STR_ROW("seconds"), { STR_ROW("node") }, .series = METRIC_NODES_MAX, .scale = SECOND,
          .help = STR_ROW("Time from the write of a pipeline to the last of the node's replies, summed over all pipelines.") },
    [METRIC_NODE_FAILURES] =
        { STR_ROW("lastsync_redis_node_failures"), COUNTER, .labels = { STR_ROW("node") }, .series = METRIC_NODES_MAX,
          .help = STR_ROW("Connections to a node that could not be made, were lost, or were given up.") },
    [METRIC_NODE_REDIRECTIONS] =
        { STR_ROW("lastsync_redis_node_redirections"), COUNTER, .labels = { STR_ROW("node") }, .series = METRIC_NODES_MAX,
          .help = STR_ROW("Commands that a node redirected to another node, by MOVED or ASK.") },
    [METRIC_NOTIFY_WAITING] =
        { STR_ROW("lastsync_notify_waiting"), GAUGE, .labels = { STR_ROW("target") },
          .help = STR_ROW("Events that still wait to be sent to a target of notifications, or to be left out for it.") },
    [METRIC_NOTIFY_OLDEST] =
        { STR_ROW("lastsync_notify_oldest_timestamp_seconds"), GAUGE, STR_ROW("seconds"), .labels = { STR_ROW("target") }, .scale = 1000,
          .help = STR_ROW("The time at which the oldest of these events was written.") },
    [METRIC_CONNECTORS] =
        { STR_ROW("lastsync_connectors"), GAUGE, .labels = { STR_ROW("state") },
          .help = STR_ROW("Connectors by state, without muted ones.") },
    [METRIC_CONNECTORS_RUNNING] =
        { STR_ROW("lastsync_connectors_running"), GAUGE,
          .help = STR_ROW("Connectors that run a sync, in any state except lost.") },
    [METRIC_CONNECTORS_MUTED] =
        { STR_ROW("lastsync_connectors_muted"), GAUGE,
          .help = STR_ROW("Connectors that are muted.") },
    [METRIC_CONNECTORS_TRUNCATED] =
        { STR_ROW("lastsync_connectors_truncated"), GAUGE,
          .help = STR_ROW("1 if some connectors have no series of their own, 0 if all have; the worst have.") },
    [METRIC_CONNECTOR] =
        { STR_ROW("lastsync_connector"), INFO, .labels = { STR_ROW("connector_id"), STR_ROW("name"), STR_ROW("service_type"), STR_ROW("index_name") },
          .help = STR_ROW("The name, service type and index of a connector.") },
    [METRIC_CONNECTOR_STATE] =
        { STR_ROW("lastsync_connector_state"), GAUGE, .labels = { STR_ROW("connector_id"), STR_ROW("state") },
          .help = STR_ROW("1 for the state of a connector, by its last syncs that have ended; 0 for the other states.") },
    [METRIC_CONNECTOR_RUNNING] =
        { STR_ROW("lastsync_connector_running"), GAUGE, .labels = { STR_ROW("connector_id") },
          .help = STR_ROW("1 if the connector runs a sync, 0 if not.") },
    [METRIC_CONNECTOR_MUTED] =
        { STR_ROW("lastsync_connector_muted"), GAUGE, .labels = { STR_ROW("connector_id") },
          .help = STR_ROW("1 while the connector is muted; else it has no such series.") },
    [METRIC_CONNECTOR_LAST_SUCCESS] =
        { STR_ROW("lastsync_connector_last_success_timestamp_seconds"), GAUGE, STR_ROW("seconds"), .labels = { STR_ROW("connector_id") }, .scale = 1000,
          .help = STR_ROW("The time at which a sync of content last succeeded.") },
    [METRIC_CONNECTOR_ACCESS_LAST_SUCCESS] =
        { STR_ROW("lastsync_connector_access_control_last_success_timestamp_seconds"), GAUGE, STR_ROW("seconds"), .labels = { STR_ROW("connector_id") }, .scale = 1000,
          .help = STR_ROW("The time at which a sync of access control last succeeded.") },
    [METRIC_CONNECTOR_LAST_SYNCED] =
        { STR_ROW("lastsync_connector_last_synced_timestamp_seconds"), GAUGE, STR_ROW("seconds"), .labels = { STR_ROW("connector_id") }, .scale = 1000,
          .help = STR_ROW("The time at which a sync of content last ended, in success or failure.") },
    [METRIC_CONNECTOR_LAST_SEEN] =
        { STR_ROW("lastsync_connector_last_seen_timestamp_seconds"), GAUGE, STR_ROW("seconds"), .labels = { STR_ROW("connector_id") }, .scale = 1000,
          .help = STR_ROW("The time at which the connector last checked in.") },
    [METRIC_CONNECTOR_DUE] =
        { STR_ROW("lastsync_connector_due_timestamp_seconds"), GAUGE, STR_ROW("seconds"), .labels = { STR_ROW("connector_id") }, .scale = 1000,
          .help = STR_ROW("The time from which on the connector is late, in the future or the past.") },
    [METRIC_CONNECTOR_FAILING_SINCE] =
        { STR_ROW("lastsync_connector_failing_since_timestamp_seconds"), GAUGE, STR_ROW("seconds"), .labels = { STR_ROW("connector_id") }, .scale = 1000,
          .help = STR_ROW("The time since which the connector fails.") },
    [METRIC_CONNECTOR_FAILURES] =
        { STR_ROW("lastsync_connector_consecutive_failures"), GAUGE, .labels = { STR_ROW("connector_id") },
          .help = STR_ROW("Syncs of content that failed since the last success.") },
    [METRIC_CONNECTOR_ACCESS_FAILURES] =
        { STR_ROW("lastsync_connector_access_control_consecutive_failures"), GAUGE, .labels = { STR_ROW("connector_id") },
          .help = STR_ROW("Syncs of access control that failed since the last success.") },
    [METRIC_CONNECTOR_DURATION] =
        { STR_ROW("lastsync_connector_last_duration_seconds"), GAUGE, STR_ROW("seconds"), .labels = { STR_ROW("connector_id") }, .scale = 1000,
          .help = STR_ROW("Duration of the last sync of content.") },
    [METRIC_CONNECTOR_INDEXED] =
        { STR_ROW("lastsync_connector_last_indexed_documents"), GAUGE, .labels = { STR_ROW("connector_id") },
          .help = STR_ROW("Documents that the last sync indexed.") },
    [METRIC_CONNECTOR_DELETED] =
        { STR_ROW("lastsync_connector_last_deleted_documents"), GAUGE, .labels = { STR_ROW("connector_id") },
          .help = STR_ROW("Documents that the last sync deleted.") },
    [METRIC_SCRAPE_DURATION] =
        { STR_ROW("lastsync_scrape_duration_seconds"), GAUGE, STR_ROW("seconds"), .scale = SECOND,
          .help = STR_ROW("Time taken to gather this page.") },
};
/* clang-format on */

_Atomic uint64_t *metrics_own;
unsigned metrics_first[METRIC_COUNT];

static char *mapping; /* the same memory */
static _Atomic uint64_t *memory;
static unsigned slot_count;
static size_t slot_cells, names_at; /* where the names of its nodes begin, after its cells */

/* What a slot's cells begin with: whether any process ever had it, and how many nodes it names. */
enum { CELL_TAKEN, CELL_NODES, CELLS_BEFORE };

static unsigned cells_of(const struct metric_row *row)
{
    return row->type == HISTOGRAM ? row->bound_count + 2 : row->series;
}

static _Atomic uint64_t *slot_at(unsigned slot)
{
    return memory + slot * slot_cells;
}

static size_t slot_bytes(void)
{
    return slot_cells * sizeof(uint64_t);
}

/* A slot has pages of its own, so that no two processes write to one cache line. */
static void lay_out(void)
{
    unsigned at = CELLS_BEFORE;
    size_t bytes;

    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        metrics_first[metric] = at;
        at += cells_of(&metric_rows[metric]);
    }
    names_at = at;
    bytes = at * sizeof(uint64_t) + (size_t)METRIC_NODES_MAX * METRIC_NODE_NAME;
    slot_cells = (bytes + PAGE - 1) / PAGE * PAGE / sizeof(uint64_t);
}

bool metrics_open(unsigned slots)
{
    void *mapped;

    lay_out();
    mapped =
        mmap(NULL, slots * slot_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED)
        return false;
    memory = mapped;
    mapping = mapped;
    slot_count = slots;
    metrics_enter(0);
    return true;
}

void metrics_enter(unsigned slot)
{
    if (!memory)
        return;
    metrics_own = slot_at(slot);
    atomic_store_explicit(metrics_own + CELL_TAKEN, 1, memory_order_relaxed);
    metrics_leave(slot);
}

void metrics_leave(unsigned slot)
{
    if (!memory)
        return;
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++)
        for (unsigned i = 0; metric_rows[metric].type == GAUGE && i < metric_rows[metric].series;
             i++)
            atomic_store_explicit(slot_at(slot) + metrics_first[metric] + i, 0,
                                  memory_order_relaxed);
}

unsigned metrics_slots(void)
{
    return slot_count;
}

static uint64_t sum_cell(unsigned cell)
{
    uint64_t sum = 0;

    for (unsigned slot = 0; slot < slot_count; slot++)
        if (atomic_load_explicit(slot_at(slot) + CELL_TAKEN, memory_order_relaxed))
            sum += atomic_load_explicit(slot_at(slot) + cell, memory_order_relaxed);
    return sum;
}

uint64_t metrics_sum(enum metric metric, unsigned series)
{
    return sum_cell(metrics_first[metric] + series);
}

uint64_t metrics_of_slot(enum metric metric, unsigned slot)
{
    return atomic_load_explicit(slot_at(slot) + metrics_first[metric], memory_order_relaxed);
}

uint64_t metrics_bucket(enum metric metric, unsigned bucket)
{
    return sum_cell(metrics_first[metric] + bucket);
}

uint64_t metrics_total(enum metric metric)
{
    return sum_cell(metrics_first[metric] + metric_rows[metric].bound_count + 1);
}

/* ---- nodes ---- */

static char *name_at(unsigned slot, unsigned node)
{
    return mapping + slot_bytes() * slot + names_at * sizeof(uint64_t) +
           (size_t)node * METRIC_NODE_NAME;
}

/* Names are written before they are counted, and never change, so readers see only whole ones. */
static unsigned nodes_of_slot(unsigned slot)
{
    return (unsigned)atomic_load_explicit(slot_at(slot) + CELL_NODES, memory_order_acquire);
}

unsigned metrics_node(struct str name)
{
    static const struct str other = STR_ROW("other");
    unsigned slot, count;

    if (!metrics_own)
        return 0;
    slot = (unsigned)((size_t)(metrics_own - memory) / slot_cells);
    count = nodes_of_slot(slot);
    if (name.len >= METRIC_NODE_NAME)
        name = other;
    for (unsigned node = 0; node < count; node++)
        if (str_equal(str_from(name_at(slot, node)), name))
            return node;
    if (count == METRIC_NODES_MAX)
        return METRIC_NODES_MAX - 1;
    if (count == METRIC_NODES_MAX - 1)
        name = other;
    memcpy(name_at(slot, count), name.ptr, name.len);
    atomic_store_explicit(metrics_own + CELL_NODES, count + 1, memory_order_release);
    return count;
}

static bool has_name(const struct str *names, unsigned count, struct str name)
{
    for (unsigned i = 0; i < count; i++)
        if (str_equal(names[i], name))
            return true;
    return false;
}

unsigned metrics_node_names(struct str *names)
{
    unsigned count = 0;

    for (unsigned slot = 0; slot < slot_count; slot++) {
        for (unsigned node = 0; node < nodes_of_slot(slot) && count < METRIC_NODES_MAX; node++) {
            struct str name = str_from(name_at(slot, node));

            if (!has_name(names, count, name))
                names[count++] = name;
        }
    }
    return count;
}

uint64_t metrics_sum_of_node(enum metric metric, struct str name)
{
    uint64_t sum = 0;

    for (unsigned slot = 0; slot < slot_count; slot++)
        for (unsigned node = 0; node < nodes_of_slot(slot); node++)
            if (str_equal(str_from(name_at(slot, node)), name))
                sum += atomic_load_explicit(slot_at(slot) + metrics_first[metric] + node,
                                            memory_order_relaxed);
    return sum;
}
