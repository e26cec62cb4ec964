/* update.h: the handler of all endpoints whose body is merged into a connector. */
#ifndef LASTSYNC_UPDATE_H
#define LASTSYNC_UPDATE_H

#include "api/api.h"

/* Merges what the body holds into the connector (API, section 3.4): null clears, objects merge
 * member by member, however many do so at once, and all else replaces. Answers updated or noop, or
 * that the connector is missing. */
enum progress update_connector(struct call *call);

/* Answers that the connector is missing. */
enum progress fail_missing(struct call *call);

#endif
