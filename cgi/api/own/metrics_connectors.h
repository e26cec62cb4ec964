/* metrics_connectors.h: the metrics of connectors. */
#ifndef LASTSYNC_METRICS_CONNECTORS_H
#define LASTSYNC_METRICS_CONNECTORS_H

#include "api/common/api.h"
#include "http/exposition.h"
#include "store/connector/overview.h"

enum { SERIES_METRICS = METRIC_SCRAPE_DURATION - METRIC_CONNECTOR }; /* of single connectors */

/* How many connectors have each state, and the series of the worst ones. */
struct connector_series {
    struct overview overview;
    struct text samples[SERIES_METRICS]; /* of each metric */
    size_t bytes;                        /* of all of them */
};

/* Asks for them with call->ask, which must be ready, and ends it with FOUND; or with TOO_LARGE, if
 * the samples of those that were read first, the worst, have as many bytes as an answer may have:
 * the others have none. From then on call->details points to `series`. */
void metrics_connectors_ask(struct call *call, struct connector_series *series);

/* Whether a metric is written by metrics_connectors_write. */
bool metrics_connectors_has(enum metric metric);

/* Writes the samples of such a metric, if the ask has ended in one of these ways. */
void metrics_connectors_write(struct call *call, const struct connector_series *series,
                              struct exposition *page, enum metric metric);

#endif
