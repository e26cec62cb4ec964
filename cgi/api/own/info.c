/* info.c: what the server says of itself, as clients' info() expects it (API, section 9.5), and who
 * it takes the client for. */
#include "api/common/role.h"
#include "api/common/routes.h"
#include "base/text.h"

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

/* A client has no name where everybody may come in. */
static enum progress self(struct call *call)
{
    const struct identity *identity = &call->identity;
    struct text json = text_new(call->arena, 128);

    text_add(&json, STR("{\"version\":"));
    text_json(&json, call->options->version);
    text_add(&json, STR(",\"name\":"));
    if (identity->name.len)
        text_json(&json, identity->name);
    else
        text_add(&json, STR("null"));
    text_add(&json, STR(",\"role\":"));
    text_json(&json, role_name(identity->role));
    text_format(&json, ",\"may_change\":%s}", identity->role == ROLE_MANAGE ? "true" : "false");
    return respond(call, 200, text_str(&json));
}

static const struct route routes[] = {
    { GET, STR_ROW("/"), info, .open_to = TO_MONITOR | TO_REPORT, .about = ABOUT_NONE },
    { HEAD, STR_ROW("/"), info, .open_to = TO_MONITOR | TO_REPORT, .about = ABOUT_NONE },
    { GET, STR_ROW("/_lastsync/self"), self, .open_to = TO_MONITOR | TO_REPORT,
      .about = ABOUT_NONE },
};

const struct route_table info_routes = { routes, sizeof routes / sizeof routes[0] };
