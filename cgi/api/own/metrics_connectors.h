/* metrics_connectors.h: what the page of metrics says of connectors. */
#ifndef LASTSYNC_METRICS_CONNECTORS_H
#define LASTSYNC_METRICS_CONNECTORS_H

#include "api/common/api.h"
#include "http/exposition.h"
#include "store/connector/overview.h"

/* Asks for how many connectors stand how and, the worst first, for as many as have series. */
void metrics_connectors_ask(struct call *call, struct overview *overview);

/* Whether a metric is one of these. */
bool metrics_connectors_has(enum metric metric);

/* Writes the samples of such a metric from the ask's answer. */
void metrics_connectors_write(struct call *call, const struct overview *overview,
                              struct exposition *page, enum metric metric);

#endif
