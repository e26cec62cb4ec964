/* info.c: describes the server as clients expect it of Elasticsearch (API, section 9.5): its
 * version, by which clients check that they are compatible; its one node, for clients that look for
 * all nodes; its licence, by which the connector service decides what it may sync; and the name of
 * the authenticated client. */
#include "api/common/role.h"
#include "api/common/routes.h"
#include "base/text.h"

/* The kind of licence that Elasticsearch has if none was bought. */
#define LICENSE                                                                                    \
    "{\"license\":{\"status\":\"active\",\"uid\":\"00000000-0000-0000-0000-000000000000\","        \
    "\"type\":\"basic\",\"issue_date\":\"2026-01-01T00:00:00.000Z\","                              \
    "\"issue_date_in_millis\":1767225600000,\"max_nodes\":1000,\"max_resource_units\":null,"       \
    "\"issued_to\":\"lastsync\",\"issuer\":\"lastsync\",\"start_date_in_millis\":-1}}"

static enum progress info(struct call *call)
{
    return respond(
        call, 200,
        arena_format(
            call->arena,
            "{\"name\":\"lastsync\",\"cluster_name\":\"lastsync\",\"cluster_uuid\":\"_na_\","
            "\"version\":{\"number\":\"%.*s\",\"build_flavor\":\"default\","
            "\"build_type\":\"tar\",\"build_hash\":\"unknown\","
            "\"build_date\":\"2026-01-01T00:00:00.000000000Z\",\"build_snapshot\":false,"
            "\"lucene_version\":\"10.0.0\",\"minimum_wire_compatibility_version\":\"7.17.0\","
            "\"minimum_index_compatibility_version\":\"7.0.0\"},"
            "\"tagline\":\"You Know, for Search\"}",
            STR_ARGS(call->options->elasticsearch_version)));
}

/* Without access control a client has no name. */
static enum progress self(struct call *call)
{
    const struct identity *identity = &call->identity;
    const struct ask_settings *settings = call->options->store;
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
    text_format(&json, ",\"may_change\":%s,\"late_grace\":%u,\"history\":%u,\"days\":%u}",
                identity->role == ROLE_MANAGE ? "true" : "false", settings->late_grace,
                settings->history, settings->days);
    return respond(call, 200, text_str(&json));
}

/* ---- nodes ---- */

/* A host as clients send it: a name or an address, and a port, unless that is the scheme's own. */
static bool is_address(struct str host)
{
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              strchr("-.:[]_", c)))
            return false;
    }
    return host.len > 0;
}

static bool has_port(struct str host)
{
    size_t at = host.len;

    while (at && host.ptr[at - 1] >= '0' && host.ptr[at - 1] <= '9')
        at--;
    return at > 1 && at < host.len && host.ptr[at - 1] == ':' &&
           (host.ptr[0] != '[' || host.ptr[at - 2] == ']');
}

/* Names the address that the client has used for the web server: it leads here again. */
static enum progress show_nodes(struct call *call)
{
    struct str host = str_or_empty(call->exchange->request.headers[HOST].value);
    struct str address = is_address(host) ? host : STR("localhost");
    const char *port = has_port(address) ? "" : ":443"; /* clients leave out the port of HTTPS */

    return respond(
        call, 200,
        arena_format(call->arena,
                     "{\"_nodes\":{\"total\":1,\"successful\":1,\"failed\":0},"
                     "\"cluster_name\":\"lastsync\",\"nodes\":{\"lastsync\":{\"name\":\"lastsync\","
                     "\"version\":\"%.*s\",\"build_flavor\":\"default\",\"build_type\":\"tar\","
                     "\"build_hash\":\"unknown\",\"roles\":[\"data\",\"ingest\",\"master\"],"
                     "\"http\":{\"bound_address\":[\"%.*s%s\"],\"publish_address\":\"%.*s%s\","
                     "\"max_content_length_in_bytes\":%zu}}}}",
                     STR_ARGS(call->options->elasticsearch_version), STR_ARGS(address), port,
                     STR_ARGS(address), port, call->options->body_limit));
}

/* ---- the licence ---- */

static enum progress show_license(struct call *call)
{
    return respond(call, 200, STR(LICENSE));
}

/* clang-format off */

static const struct parameter_row license_parameters[] = {
    { STR_ROW("accept_enterprise"), FLAG }, { STR_ROW("local"), FLAG },
};
static const struct parameter_row nodes_parameters[] = {
    { STR_ROW("flat_settings"), FLAG }, { STR_ROW("timeout"), TEXT },
};

#define FOR_EACH_KEY .open_to = TO_VIEW | TO_REPORT | TO_READ_SECRETS | TO_WRITE_SECRETS, .about = ABOUT_NONE

static const struct route routes[] = {
    { GET,  STR_ROW("/"),                info,         FOR_EACH_KEY },
    { HEAD, STR_ROW("/"),                info,         FOR_EACH_KEY },
    { GET,  STR_ROW("/_lastsync/self"),  self,         .open_to = TO_VIEW | TO_REPORT, .about = ABOUT_NONE },
    { GET,  STR_ROW("/_nodes/http"),     show_nodes,   .parameters = nodes_parameters, .parameter_count = 2, FOR_EACH_KEY },
    { GET,  STR_ROW("/_nodes/_all/http"), show_nodes,  .parameters = nodes_parameters, .parameter_count = 2, FOR_EACH_KEY },
    { GET,  STR_ROW("/_license"),        show_license, .parameters = license_parameters, .parameter_count = 2, FOR_EACH_KEY },
};

/* clang-format on */

const struct route_table info_routes = { routes, sizeof routes / sizeof routes[0] };
