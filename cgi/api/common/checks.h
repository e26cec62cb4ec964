/* checks.h: the checks that every request must pass before its handler runs. */
#ifndef LASTSYNC_CHECKS_H
#define LASTSYNC_CHECKS_H

#include "api/common/api.h"

/* Identifies the client, finds the route, reads the body and the parameters into the call, and
 * gives GO_ON; or answers with the first fault, in Elasticsearch's order (API, section 3.3). After
 * ASKED, the next call continues with the check that asked. */
enum progress checks_run(struct call *call);

#endif
