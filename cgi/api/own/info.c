/* info.c: what the server says of itself, as clients' info() expects it (API, section 9.5). */
#include "api/common/routes.h"

static enum progress info(struct call *call)
{
    return respond(
        call, 200,
        STR("{\"name\":\"lastsync\",\"cluster_name\":\"lastsync\",\"cluster_uuid\":\"_na_\","
            "\"version\":{\"number\":\"9.4.0\",\"build_flavor\":\"default\",\"build_type\":\"tar\","
            "\"build_hash\":\"unknown\",\"build_date\":\"2026-01-01T00:00:00.000000000Z\","
            "\"build_snapshot\":false,\"lucene_version\":\"10.0.0\","
            "\"minimum_wire_compatibility_version\":\"7.17.0\","
            "\"minimum_index_compatibility_version\":\"7.0.0\"},"
            "\"tagline\":\"You Know, for Search\"}"));
}

static const struct route routes[] = {
    { GET, STR_ROW("/"), info, .open_to = TO_MONITOR | TO_REPORT, .about = ABOUT_NONE },
    { HEAD, STR_ROW("/"), info, .open_to = TO_MONITOR | TO_REPORT, .about = ABOUT_NONE },
};

const struct route_table info_routes = { routes, sizeof routes / sizeof routes[0] };
