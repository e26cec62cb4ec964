/* checks.h: what every request must pass before its handler runs. */
#ifndef LASTSYNC_CHECKS_H
#define LASTSYNC_CHECKS_H

#include "api/common/api.h"

/* Finds out who asks, finds the route, reads the body and the parameters into the call, and gives
 * GO_ON; or answers with the first thing that is wrong, in Elasticsearch's order (API,
 * section 3.3). After ASKED it goes on where it was. */
enum progress checks_run(struct call *call);

#endif
