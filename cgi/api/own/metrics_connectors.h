/* metrics_connectors.h: what the page of metrics says of connectors. */
#ifndef LASTSYNC_METRICS_CONNECTORS_H
#define LASTSYNC_METRICS_CONNECTORS_H

#include "api/common/api.h"
#include "http/exposition.h"
#include "store/connector/overview.h"

/* How many connectors have which state and, the worst first, as many as have series. */
struct connector_series {
    struct overview overview;
    struct row *rows;
    size_t count;
};

/* Asks for them, by call->ask, which is ready. They are what call->details points at from then on.
 */
void metrics_connectors_ask(struct call *call, struct connector_series *series);

/* Whether a metric is one of these. */
bool metrics_connectors_has(enum metric metric);

/* Writes the samples of such a metric from the ask's answer. */
void metrics_connectors_write(struct call *call, const struct connector_series *series,
                              struct exposition *page, enum metric metric);

#endif
