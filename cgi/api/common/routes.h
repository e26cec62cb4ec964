/* routes.h: finds the route of a request. */
#ifndef LASTSYNC_ROUTES_H
#define LASTSYNC_ROUTES_H

#include "api/common/api.h"

/* A group of endpoints: a table of routes, all of which begin with the same segment where `first`
 * says so. `alias` is another name for that segment. */
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

/* What a path has. */
struct match {
    const struct route *route; /* for the method, or NULL */
    unsigned methods;          /* that the path has, a bit each (1 << method); 0: an unknown path */
    struct str capture;        /* of the route, still encoded; absent where it captures nothing */
    struct str capture_name;   /* what the route's path calls it, without the braces */
    unsigned number;           /* of the route */
};

/* The numbers in exchange.route: those of requests without a route, which are their methods, and
 * behind them the routes in the order of their tables. */
enum { ROUTE_NUMBERS_BEGIN = METHOD_COUNT };

/* The route of that number, or NULL behind the last and for requests without a route. */
const struct route *routes_numbered(unsigned number);

/* How many numbers there are. */
unsigned routes_numbers(void);

/* Looks a path up. A literal segment wins over a captured one, for each method apart (API, section
 * 1). */
struct match routes_find(const struct target *target, enum method method);

#endif
