/* request_log.h: logs a line for each request, at the level info. */
#ifndef LASTSYNC_REQUEST_LOG_H
#define LASTSYNC_REQUEST_LOG_H

#include "api/common/api.h"

/* Logs an answered call: its method, route, id, status, outcome and duration in milliseconds. It
 * never logs a body, a query or a header. */
void request_log(const struct call *call);

#endif
