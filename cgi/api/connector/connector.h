/* connector.h: what a new connector has that its maker did not say. */
#ifndef LASTSYNC_API_CONNECTOR_H
#define LASTSYNC_API_CONNECTOR_H

#include "api/common/api.h"

enum { CONNECTOR_DEFAULTS = 8 };

/* Writes the fields that each new connector has, with their values; an Elastic-managed ("native")
 * one needs its configuration first. */
void connector_add_defaults(struct call *call, bool native, struct pair *fields);

#endif
