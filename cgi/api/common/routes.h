/* routes.h: finds the route of a request. */
#ifndef LASTSYNC_ROUTES_H
#define LASTSYNC_ROUTES_H

#include "api/common/api.h"

/* A group of endpoints: a table of routes. If `first` is set, all of them begin with that segment,
 * and `alias` is another name for it. */
struct route_table {
    const struct route *routes;
    size_t count;
    struct str first, alias;
};

extern const struct route_table connector_index_routes;
extern const struct route_table connector_routes;
extern const struct route_table connector_update_routes;
extern const struct route_table filtering_routes;
extern const struct route_table health_routes;
extern const struct route_table info_routes;
extern const struct route_table overview_routes;
extern const struct route_table secret_routes;
extern const struct route_table sync_job_index_routes;
extern const struct route_table analytics_routes;
extern const struct route_table errors_routes;
extern const struct route_table mute_routes;
extern const struct route_table sync_job_routes;
extern const struct route_table sync_job_update_routes;
extern const struct route_table sync_job_end_routes;
extern const struct route_table metrics_routes;

/* The result of looking a path up. */
struct match {
    const struct route *route; /* for the method, or NULL */
    unsigned methods;   /* the methods of the path, a bit each (1 << method); 0: an unknown path */
    struct str capture; /* of the route, still encoded; absent if it captures nothing */
    struct str capture_name; /* its name in the route's path, without the braces */
    unsigned number;         /* the number of the route, see below */
};

/* The numbers in exchange.route: first one for each method, of requests without a route; then one
 * for each route, in the order of the tables. */
enum { ROUTE_NUMBERS_BEGIN = METHOD_COUNT };

/* Gives the route of that number; NULL for a number of requests without a route, or past the
 * last. */
const struct route *routes_numbered(unsigned number);

/* Gives how many numbers there are. */
unsigned routes_numbers(void);

/* Looks a path up. "_sync_job" and "_secret" are never captured as ids (API, section 1). */
struct match routes_find(const struct target *target, enum method method);

#endif
