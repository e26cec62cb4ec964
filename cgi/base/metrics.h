/* metrics.h: counters, gauges and histograms, in memory that all processes of the service share.
 *
 * Each process counts in a slot of its own, which no other process writes: no lock, no search, a
 * few nanoseconds. A reader sums over the slots, so that any process can answer for all. A slot
 * outlives its process, and the next process in it counts on from there: no counter ever goes
 * backwards. */
#ifndef LASTSYNC_METRICS_H
#define LASTSYNC_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/str.h"

enum metric {
    METRIC_BUILD,
    METRIC_WORKERS_CONFIGURED,
    METRIC_WORKERS,
    METRIC_WORKER_START,
    METRIC_WORKER_STARTS,
    METRIC_WORKER_DEATHS,
    METRIC_CONNECTIONS,
    METRIC_TURNS,
    METRIC_BATCH,
    METRIC_REQUESTS,
    METRIC_REQUEST_DURATION,
    METRIC_BODY_BYTES,
    METRIC_REDIS_UP,
    METRIC_REDIS_READY,
    METRIC_REDIS_DURABLE,
    METRIC_REDIS_CONNECTIONS,
    METRIC_REDIS_CONNECTS,
    METRIC_REDIS_FAILOVERS,
    METRIC_REDIS_COMMANDS,
    METRIC_REDIS_ERRORS,
    METRIC_REDIS_FLUSH_DURATION,
    METRIC_NODE_CONNECTIONS,
    METRIC_NODE_COMMANDS,
    METRIC_NODE_FLUSHES,
    METRIC_NODE_WAIT,
    METRIC_NODE_FAILURES,
    METRIC_NODE_REDIRECTIONS,
    METRIC_NOTIFY_WAITING,
    METRIC_NOTIFY_OLDEST,
    METRIC_CONNECTORS, /* from here to METRIC_SCRAPE_DURATION: see api/own/metrics_connectors.h */
    METRIC_CONNECTORS_RUNNING,
    METRIC_CONNECTORS_MUTED,
    METRIC_CONNECTORS_TRUNCATED,
    METRIC_CONNECTOR,
    METRIC_CONNECTOR_STATE,
    METRIC_CONNECTOR_RUNNING,
    METRIC_CONNECTOR_MUTED,
    METRIC_CONNECTOR_LAST_SUCCESS,
    METRIC_CONNECTOR_ACCESS_LAST_SUCCESS,
    METRIC_CONNECTOR_LAST_SYNCED,
    METRIC_CONNECTOR_LAST_SEEN,
    METRIC_CONNECTOR_DUE,
    METRIC_CONNECTOR_FAILING_SINCE,
    METRIC_CONNECTOR_FAILURES,
    METRIC_CONNECTOR_ACCESS_FAILURES,
    METRIC_CONNECTOR_DURATION,
    METRIC_CONNECTOR_INDEXED,
    METRIC_CONNECTOR_DELETED,
    METRIC_SCRAPE_DURATION,
    METRIC_COUNT
};

enum metric_type { COUNTER, GAUGE, HISTOGRAM, INFO };

enum {
    METRIC_LABELS_MAX = 4,
    METRIC_ROUTES_MAX = 160, /* routes that can be told apart, and status codes */
    METRIC_CODES_MAX = 24,
    METRIC_ERRORS_MAX = 32, /* kinds of errors */
    METRIC_NODES_MAX = 64,  /* nodes of a Redis Cluster that can be told apart */
    METRIC_NODE_NAME = 280  /* bytes of a node's name, with its NUL */
};

/* All about one metric: its row in the table. */
struct metric_row {
    struct str name; /* without _total (a COUNTER) or _info (an INFO) */
    enum metric_type type;
    struct str unit;                      /* the end of the name, or absent */
    struct str labels[METRIC_LABELS_MAX]; /* absent after the last */
    unsigned series; /* how many are counted in slots; 0: its value is found when asked for */
    const uint64_t *bounds; /* of a HISTOGRAM: the upper bounds of its buckets, rising */
    unsigned bound_count;
    uint64_t scale; /* what is counted for each unit shown: 1000000000 for nanoseconds; 0 means 1 */
    struct str help;
};

extern const struct metric_row metric_rows[METRIC_COUNT];

/* Maps memory for `slots` processes, and lets this one count in slot 0. False if there is no
 * memory. Before this call nothing is counted. */
bool metrics_open(unsigned slots);

/* From now on this process counts in that slot, which no other one may use. Its gauges begin at
 * 0. */
void metrics_enter(unsigned slot);

/* Sets the gauges of a slot to 0 when its process has ended. */
void metrics_leave(unsigned slot);

/* How many slots there are. */
unsigned metrics_slots(void);

/* The value of a COUNTER or GAUGE: metrics_sum of one series over all slots, metrics_of_slot of its
 * first series in one slot. */
uint64_t metrics_sum(enum metric metric, unsigned series);
uint64_t metrics_of_slot(enum metric metric, unsigned slot);

/* A HISTOGRAM over all slots: metrics_bucket is the number of values in one bucket (the last bucket
 * has the values above all bounds), metrics_total the sum of all values. */
uint64_t metrics_bucket(enum metric metric, unsigned bucket);
uint64_t metrics_total(enum metric metric);

/* ---- nodes of a Redis Cluster ---- */

/* The series under which this process counts for the node with this name ("host:port"). Each name
 * has its own; when METRIC_NODES_MAX are taken, all further names share one, which is called
 * "other". */
unsigned metrics_node(struct str name);

/* Fills in the names of the nodes for which any process has counted, each once, and gives how many:
 * METRIC_NODES_MAX at most. The names lie in the shared memory. */
unsigned metrics_node_names(struct str *names);

/* The value of a COUNTER or GAUGE for one node, over all slots. */
uint64_t metrics_sum_of_node(enum metric metric, struct str name);

/* ---- counting ---- */

/* For the functions below: this process's slot, or NULL, and where in it a metric begins. */
extern _Atomic uint64_t *metrics_own;
extern unsigned metrics_first[METRIC_COUNT];

/* The slot has one writer, so the addition need not be atomic; but readers must never see half a
 * number. */
static inline void metrics_add_cell(unsigned cell, uint64_t amount)
{
    _Atomic uint64_t *at;

    if (!metrics_own)
        return;
    at = metrics_own + cell;
    atomic_store_explicit(at, atomic_load_explicit(at, memory_order_relaxed) + amount,
                          memory_order_relaxed);
}

/* Adds to a series of a COUNTER or GAUGE. `series` is less than the row's. */
static inline void metrics_add(enum metric metric, unsigned series, uint64_t amount)
{
    metrics_add_cell(metrics_first[metric] + series, amount);
}

/* Sets a GAUGE that has one series. */
static inline void metrics_set(enum metric metric, uint64_t value)
{
    if (metrics_own)
        atomic_store_explicit(metrics_own + metrics_first[metric], value, memory_order_relaxed);
}

/* Notes a value in a HISTOGRAM. */
static inline void metrics_observe(enum metric metric, uint64_t value)
{
    const struct metric_row *row = &metric_rows[metric];
    unsigned bucket = 0;

    while (bucket < row->bound_count && value > row->bounds[bucket])
        bucket++;
    metrics_add_cell(metrics_first[metric] + bucket, 1);
    metrics_add_cell(metrics_first[metric] + row->bound_count + 1, value);
}

#endif
