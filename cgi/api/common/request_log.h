/* request_log.h: a line of the log for each request, at the level of information. */
#ifndef LASTSYNC_REQUEST_LOG_H
#define LASTSYNC_REQUEST_LOG_H

#include "api/common/api.h"

/* Logs a call that has been answered: its method, the route, the id, the status, what came of it
 * and how many milliseconds it took. Never a body, a query or another header. */
void request_log(const struct call *call);

#endif
