/* secret.c: the endpoints of connector secrets: the credentials of Elastic-managed connectors for
 * their sources and for Elasticsearch. No other endpoint, list, log line or metric shows them. */
#include "store/access/secret.h"

#include "api/common/fields.h"
#include "api/common/routes.h"
#include "api/common/update.h"
#include "base/id.h"
#include "base/text.h"

enum { SECRET_ID_MAX = 512 }; /* bytes */

/* clang-format off */

static const struct field value = { STR_ROW("value"), STRING };
static const struct member value_members[] = { { &value, REQUIRED } };
static const struct form value_form = { STR_ROW("connector_secret_request"), value_members, COUNT_OF(value_members) };

static step post_secret, get_secret, put_secret, delete_secret, check_secret, check_secret_id;

#define SECRET STR_ROW("/_connector/_secret/{id}")

static const struct route routes[] = {
    { POST,   STR_ROW("/_connector/_secret"), post_secret, &value_form, .validate = check_secret, .open_to = TO_WRITE_SECRETS, .about = ABOUT_NONE, .action = "secret/post" },
    { GET,    SECRET, get_secret,    .validate = check_secret_id, .open_to = TO_READ_SECRETS, .about = ABOUT_NONE, .action = "secret/get" },
    { PUT,    SECRET, put_secret,    &value_form, .validate = check_secret, .open_to = TO_WRITE_SECRETS, .about = ABOUT_NONE, .action = "secret/put" },
    { DELETE, SECRET, delete_secret, .validate = check_secret_id, .open_to = TO_WRITE_SECRETS, .about = ABOUT_NONE, .action = "secret/delete" },
};

/* clang-format on */

const struct route_table secret_routes = { routes, COUNT_OF(routes),
                                           .first = STR_ROW("_connector") };

static void complain_of_secret_id(struct call *call, struct complaints *complaints)
{
    if (call->id.ptr && !call->id.len)
        complain(call, complaints, STR("[id] of the connector secret cannot be null or empty."));
    if (call->id.len > SECRET_ID_MAX)
        complain(call, complaints,
                 arena_format(call->arena, "[id] of the connector secret has more than [%d] bytes.",
                              SECRET_ID_MAX));
}

static enum progress check_secret_id(struct call *call)
{
    struct complaints complaints = { .count = 0 };

    complain_of_secret_id(call, &complaints);
    return fail_if_any(call, &complaints);
}

static enum progress check_secret(struct call *call)
{
    struct complaints complaints = { .count = 0 };

    complain_of_secret_id(call, &complaints);
    if (!call->given[0].text.len)
        complain(call, &complaints,
                 STR("[value] of the connector secret cannot be null or empty."));
    return fail_if_any(call, &complaints);
}

static enum progress fail_no_secret(struct call *call)
{
    return fail(call, 404, RESOURCE_NOT_FOUND, "No secret with id [%.*s]", STR_ARGS(call->id));
}

static enum progress posted(struct call *call)
{
    struct text json = text_new(call->arena, 64);

    text_add(&json, STR("{\"id\":"));
    text_json(&json, call->id);
    text_byte(&json, '}');
    return respond(call, 200, text_str(&json));
}

static enum progress post_secret(struct call *call)
{
    call->id = id_new(call->arena);
    ask_store(call, posted);
    secret_put(&call->ask, call->id, call->given[0].text);
    return ASKED;
}

static enum progress got(struct call *call)
{
    struct text json = text_new(call->arena, 128);

    if (call->ask.outcome == MISSING)
        return fail_no_secret(call);
    text_add(&json, STR("{\"id\":"));
    text_json(&json, call->id);
    text_add(&json, STR(",\"value\":"));
    text_json(&json, call->ask.rows->values[0]);
    text_byte(&json, '}');
    return respond(call, 200, text_str(&json));
}

static enum progress get_secret(struct call *call)
{
    ask_store(call, got);
    secret_read(&call->ask, call->id);
    return ASKED;
}

static enum progress put(struct call *call)
{
    if (call->ask.outcome == CREATED)
        return respond(call, 201, STR("{\"result\":\"created\"}"));
    return respond_result(call, STR("updated"));
}

static enum progress put_secret(struct call *call)
{
    ask_store(call, put);
    secret_put(&call->ask, call->id, call->given[0].text);
    return ASKED;
}

static enum progress deleted(struct call *call)
{
    return call->ask.outcome == MISSING ? fail_no_secret(call)
                                        : respond(call, 200, STR("{\"deleted\":true}"));
}

static enum progress delete_secret(struct call *call)
{
    ask_store(call, deleted);
    secret_delete(&call->ask, call->id);
    return ASKED;
}
