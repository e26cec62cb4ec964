/* connector.h: the defaults of a new connector. */
#ifndef LASTSYNC_API_CONNECTOR_H
#define LASTSYNC_API_CONNECTOR_H

#include "api/common/api.h"

enum { CONNECTOR_DEFAULTS = 8 };

/* Writes the default fields of a new connector and their values. An Elastic-managed ("native")
 * connector starts with the status needs_configuration. */
void connector_add_defaults(struct call *call, bool native, struct pair *fields);

#endif
