/* metrics_connectors.h: the metrics of connectors. */
#ifndef LASTSYNC_METRICS_CONNECTORS_H
#define LASTSYNC_METRICS_CONNECTORS_H

#include "api/common/api.h"
#include "http/exposition.h"
#include "store/connector/overview.h"

/* How many connectors have each state, and the connectors that get series, the worst first. */
struct connector_series {
    struct overview overview;
    struct row *rows;
    size_t count;
};

/* Asks for them with call->ask, which must be ready. From then on call->details points to
 * `series`. */
void metrics_connectors_ask(struct call *call, struct connector_series *series);

/* Whether a metric is written by metrics_connectors_write. */
bool metrics_connectors_has(enum metric metric);

/* Writes the samples of such a metric from the outcome of the ask. */
void metrics_connectors_write(struct call *call, const struct connector_series *series,
                              struct exposition *page, enum metric metric);

#endif
