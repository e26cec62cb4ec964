/* mute.c: our own endpoints that mute a connector for a while, when its trouble is known. */
#include "store/connector/mute.h"

#include "api/common/fields.h"
#include "api/common/routes.h"
#include "api/common/update.h"
#include "base/instant.h"

enum { NOTE_MAX = 1024, WHO_MAX = 256 }; /* bytes */

/* Means no end: the last second of the year 9999. */
static const int64_t no_end = INT64_C(253402300799);

/* clang-format off */

static const struct field until_field = { STR_ROW("until"), INSTANT };
static const struct field note_field = { STR_ROW("note"), STRING };
static const struct field who_field = { STR_ROW("who"), STRING };

enum { GIVEN_UNTIL, GIVEN_NOTE, GIVEN_WHO };

static const struct member members[] = {
    [GIVEN_UNTIL] = { &until_field, IGNORE_NULL },
    [GIVEN_NOTE]  = { &note_field,  IGNORE_NULL },
    [GIVEN_WHO]   = { &who_field,   IGNORE_NULL },
};

static const struct form mute_form = { STR_ROW("connector_mute_request"), members, COUNT_OF(members) };

static step mute, unmute, check_mute;

static const struct route routes[] = {
    { PUT,    STR_ROW("/_lastsync/connector/{connector_id}/mute"), mute,   &mute_form, .body_is_optional = true, .validate = check_mute },
    { DELETE, STR_ROW("/_lastsync/connector/{connector_id}/mute"), unmute, .validate = check_id },
};

/* clang-format on */

const struct route_table mute_routes = { routes, COUNT_OF(routes) };

static enum progress check_length(struct call *call, struct str name, struct str text, size_t most)
{
    if (text.len <= most)
        return GO_ON;
    return fail(call, 400, ILLEGAL_ARGUMENT, "[%.*s] must have at most [%zu] bytes", STR_ARGS(name),
                most);
}

static enum progress check_mute(struct call *call)
{
    const struct given *given = call->given;
    struct mute *wanted = arena_take_cleared(call->arena, sizeof *wanted);
    enum progress progress = check_id(call);
    struct instant until;

    call->details = wanted;
    if (progress != GO_ON)
        return progress;
    wanted->until = no_end;
    wanted->note = given[GIVEN_NOTE].presence == GIVEN ? given[GIVEN_NOTE].text : STR("");
    wanted->who = given[GIVEN_WHO].presence == GIVEN ? given[GIVEN_WHO].text
                                                     : str_or_empty(call->identity.name);
    if (given[GIVEN_UNTIL].presence == GIVEN &&
        instant_read(given[GIVEN_UNTIL].text, &until) == INSTANT_READ)
        wanted->until = until.seconds < no_end ? until.seconds : no_end;
    if (wanted->until <= instant_now().seconds)
        return fail(call, 400, ILLEGAL_ARGUMENT, "[until] must be in the future");
    progress = check_length(call, STR("note"), wanted->note, NOTE_MAX);
    return progress == GO_ON ? check_length(call, STR("who"), wanted->who, WHO_MAX) : progress;
}

static enum progress muted(struct call *call)
{
    if (call->ask.outcome == MISSING)
        return fail_missing(call);
    if (call->ask.outcome == FULL)
        return fail(call, 400, ILLEGAL_ARGUMENT,
                    "[%d] connectors beside this one are muted, and no more can be", MUTED_MAX);
    return respond_result(call, call->ask.outcome == NOOP ? STR("noop") : STR("updated"));
}

static enum progress mute(struct call *call)
{
    ask_store(call, muted);
    mute_begin(&call->ask, call->id, call->details);
    return ASKED;
}

static enum progress unmute(struct call *call)
{
    ask_store(call, muted);
    mute_end(&call->ask, call->id);
    return ASKED;
}
