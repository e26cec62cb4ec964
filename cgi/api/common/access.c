/* access.c: identifies clients, and checks what they may do. */
#include "api/common/access.h"

#include <stdlib.h>

#include "api/common/access_cache.h"
#include "api/common/access_credentials.h"
#include "base/glob.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include "store/access/access_key.h"
#include "store/job/sync_job.h"
#include "store/schema/fields.h"

#define ACTIONS "cluster:admin/xpack/connector/"

/* Basic is the first: see find_challenges. */
static const struct str challenges[] = {
    STR_ROW("Basic realm=\"security\", charset=\"UTF-8\""),
    STR_ROW("ApiKey"),
};

enum { CHALLENGES = sizeof challenges / sizeof challenges[0] };

struct access {
    enum access_mode mode;
    struct digest proxy_secret;
    struct access_cache *cache;
};

struct access *access_open(enum access_mode mode, struct str proxy_secret)
{
    struct access *access = calloc(1, sizeof *access);

    if (!access)
        abort();
    access->mode = mode;
    access->proxy_secret = digest_of(proxy_secret);
    access->cache = access_cache_open();
    return access;
}

void access_close(struct access *access)
{
    access_cache_close(access->cache);
    free(access);
}

bool access_is_off(const struct access *access)
{
    return access->mode == ACCESS_OFF;
}

bool access_fits(struct str patterns, struct str id, struct arena *arena)
{
    struct str *list = arena_take(arena, (patterns.len / 2 + 2) * sizeof *list);
    size_t count = 0;

    while (glob_split(&patterns, &list[count])) {
        list[count] = str_trim(list[count]);
        count += list[count].len > 0;
    }
    return glob_fits(glob_new(list, count, arena), id);
}

/* ---- 401 ---- */

/* Gives the request's target for the error, or "?" if it cannot be printed. */
static struct str printable_target(const struct call *call)
{
    struct str target = str_or_empty(call->exchange->request.target);

    return utf8_valid(target) ? target : STR("?");
}

/* A browser answers the challenge Basic with a prompt of its own, even if the request comes from a
 * page's script. Scripts send X-Requested-With, and are challenged without Basic. Gives the number
 * of challenges. */
static size_t find_challenges(const struct call *call, const struct str **found)
{
    bool is_script = call->exchange->request.headers[X_REQUESTED_WITH].value.ptr != NULL;

    *found = is_script ? challenges + 1 : challenges;
    return is_script ? CHALLENGES - 1 : CHALLENGES;
}

/* `detail` is a further explanation, or absent. */
static enum progress refuse(struct call *call, struct str reason, struct str detail)
{
    struct response *response = &call->exchange->response;
    struct text members = text_new(call->arena, 256);

    if (detail.ptr) {
        text_add(&members, STR(",\"additional_unsuccessful_credentials\":"));
        text_json(&members, detail);
    }
    text_add(&members, STR(",\"header\":{\"WWW-Authenticate\":["));
    response->challenge_count = find_challenges(call, &response->challenges);
    for (size_t i = 0; i < response->challenge_count; i++) {
        if (i)
            text_byte(&members, ',');
        text_json(&members, response->challenges[i]);
    }
    text_add(&members, STR("]}"));
    return fail_with(call, &(struct problem){ .status = 401,
                                              .type = SECURITY,
                                              .reason = reason,
                                              .members = text_str(&members) });
}

static enum progress refuse_stranger(struct call *call)
{
    return refuse(call,
                  arena_format(call->arena,
                               "missing authentication credentials for REST request [%.*s]",
                               STR_ARGS(printable_target(call))),
                  (struct str){ NULL, 0 });
}

static enum progress refuse_key(struct call *call, struct str detail)
{
    log_repeated(LOG_WARNING, "a request was refused: %.*s", STR_ARGS(detail));
    return refuse(call,
                  STR("unable to authenticate with provided credentials and anonymous access is "
                      "not allowed for this request"),
                  detail);
}

static enum progress refuse_user(struct call *call, struct str user)
{
    log_repeated(LOG_WARNING, "a request was refused: user %.*s", STR_ARGS(user));
    return refuse(call,
                  arena_format(call->arena,
                               "unable to authenticate user [%.*s] for REST request [%.*s]",
                               STR_ARGS(user), STR_ARGS(printable_target(call))),
                  (struct str){ NULL, 0 });
}

/* ---- keys ---- */

static bool has_expired(const struct access_key *key)
{
    struct instant now = instant_now(), end = key->expiry;

    return key->expires &&
           (now.seconds > end.seconds || (now.seconds == end.seconds && now.nanos >= end.nanos));
}

/* Sets the call's identity to the key's, if the client has shown the key's secret. A key that does
 * not exist takes the same steps. */
static enum progress accept_key(struct call *call, const struct credentials *shown,
                                const struct digest *secret, const struct access_key *key)
{
    if (!access_key_fits(key, secret))
        return shown->kind == CREDENTIALS_BASIC
                   ? refuse_user(call, shown->id)
                   : refuse_key(call,
                                arena_format(call->arena,
                                             "API key: invalid credentials for API key [%.*s]",
                                             STR_ARGS(shown->id)));
    if (has_expired(key))
        return refuse_key(call, arena_format(call->arena, "API key: API key [%.*s] is expired",
                                             STR_ARGS(shown->id)));
    call->identity = (struct identity){ key->role, key->id, key->owner, key->connectors };
    return GO_ON;
}

/* Reads the stored fields. A field that cannot be read grants nothing. */
static struct access_key read_key(struct str id, const struct row *row)
{
    struct access_key key = { .id = id, .connectors = STR(""), .owner = STR("") };
    struct str expiry;

    if (!row)
        return key;
    key.exists = digest_read(row->values[ACCESS_SECRET_SHA256], &key.secret);
    key.role = role_read(str_or_empty(row->values[ACCESS_ROLE]));
    key.connectors = str_or_empty(row->values[ACCESS_CONNECTORS]);
    key.owner = str_or_empty(row->values[ACCESS_OWNER]);
    expiry = row->values[ACCESS_EXPIRES_AT];
    key.expires = expiry.ptr != NULL;
    if (key.expires && instant_read(expiry, &key.expiry) != INSTANT_READ)
        key.expiry = (struct instant){ 0, 0 };
    if (!utf8_valid(key.owner))
        key.owner = STR("?");
    return key;
}

/* The state of a call that waits for a key. */
struct lookup {
    struct credentials shown;
    struct digest secret; /* the digest of the shown secret */
    int64_t asked;        /* ticks */
};

static enum progress found_key(struct call *call)
{
    const struct lookup *lookup = call->details;
    struct access_key key =
        read_key(lookup->shown.id, call->ask.outcome == FOUND ? call->ask.rows : NULL);

    access_cache_keep(call->options->access->cache, &key, &lookup->secret, lookup->asked);
    return accept_key(call, &lookup->shown, &lookup->secret, &key);
}

static enum progress find_key(struct call *call, const struct credentials *shown)
{
    struct digest secret = digest_of(shown->secret);
    int64_t now = instant_ticks();
    struct lookup *lookup;
    struct access_key key;

    if (access_cache_find(call->options->access->cache, shown->id, &secret, now, call->arena, &key))
        return accept_key(call, shown, &secret, &key);
    lookup = arena_take(call->arena, sizeof *lookup);
    *lookup = (struct lookup){ *shown, secret, now };
    call->details = lookup;
    ask_store(call, found_key);
    /* Else replicas that are away would tell whether the id is known. */
    call->ask.reads_only = true;
    access_key_read(&call->ask, shown->id);
    return ASKED;
}

/* ---- users of the web server ---- */

/* Whether the web server has named the user, with its secret. */
static bool is_vouched_for(const struct access *access, const struct request *request)
{
    struct digest secret;

    if (access->mode != ACCESS_PROXY || !request->vouched.user.len || !request->vouched.secret.len)
        return false;
    secret = digest_of(request->vouched.secret);
    return digest_equal(&secret, &access->proxy_secret);
}

static enum progress accept_user(struct call *call)
{
    const struct request *request = &call->exchange->request;
    struct str user = request->vouched.user;

    if (!utf8_valid(user))
        return refuse_stranger(call);
    call->identity = (struct identity){ role_read(str_or_empty(request->vouched.role)),
                                        user,
                                        { NULL, 0 },
                                        str_or_empty(request->vouched.connectors) };
    return GO_ON;
}

enum progress access_authenticate(struct call *call)
{
    const struct request *request = &call->exchange->request;
    const struct access *access = call->options->access;
    struct credentials shown;

    if (access->mode == ACCESS_OFF) {
        call->identity.role = ROLE_MANAGE;
        return GO_ON;
    }
    if (call->route && (call->route->open_to & TO_STRANGERS))
        return GO_ON;
    shown = credentials_read(request->headers[AUTHORIZATION].value, call->arena);
    if (request->headers[AUTHORIZATION].differs)
        return refuse_key(call, STR("API key: more than one"));
    if (shown.kind != CREDENTIALS_API_KEY && is_vouched_for(access, request))
        return accept_user(call);
    if (shown.kind == CREDENTIALS_NONE)
        return refuse_stranger(call);
    if (shown.broken)
        return refuse_key(call, STR("API key: invalid ApiKey value"));
    return find_key(call, &shown);
}

/* ---- 403 ---- */

static struct str action_name(const struct call *call)
{
    const struct route *route = call->route;

    if (route->action)
        return arena_format(call->arena, ACTIONS "%s", route->action);
    return arena_format(call->arena, "%.*s %.*s", STR_ARGS(method_name(route->method)),
                        STR_ARGS(route->path));
}

static struct str subject_name(const struct call *call)
{
    const struct identity *identity = &call->identity;

    if (!identity->owner.ptr)
        return arena_format(call->arena, "user [%.*s] with effective roles [%.*s]",
                            STR_ARGS(identity->name), STR_ARGS(role_name(identity->role)));
    return arena_format(call->arena, "API key id [%.*s] of user [%.*s]", STR_ARGS(identity->name),
                        STR_ARGS(identity->owner));
}

/* `id` is the connector that the client may not report for; absent for another reason. */
static enum progress forbid(struct call *call, struct str id)
{
    struct text reason = text_new(call->arena, 256);

    text_format(&reason, "action [%.*s] is unauthorized for %.*s", STR_ARGS(action_name(call)),
                STR_ARGS(subject_name(call)));
    if (id.ptr)
        text_format(&reason, " on connector [%.*s]", STR_ARGS(id));
    text_add(&reason, STR(", this action is granted by the cluster privileges ["));
    for (enum role role = ROLE_REPORT; role < ROLE_MANAGE; role++)
        if (call->route->open_to & 1U << role)
            text_format(&reason, "%.*s,", STR_ARGS(role_name(role)));
    text_add(&reason, STR("manage_connector]"));
    return fail(call, 403, SECURITY, "%.*s", STR_ARGS(reason));
}

static enum progress check_connector(struct call *call, struct str id)
{
    return access_fits(call->identity.connectors, id, call->arena) ? GO_ON : forbid(call, id);
}

/* A missing job passes: the handler answers that it is missing. */
static enum progress found_job(struct call *call)
{
    if (call->ask.outcome == MISSING)
        return GO_ON;
    if (access_fits(call->identity.connectors, str_or_empty(call->ask.rows->values[0]),
                    call->arena))
        return GO_ON;
    return forbid(call, (struct str){ NULL, 0 }); /* whose it is, is not told */
}

/* Whether the call is about a connector that the client may report for. */
static enum progress check_binding(struct call *call)
{
    const struct parameter *parameter;

    switch (call->route->about) {
    case ABOUT_NONE:
        return GO_ON;
    case ABOUT_JOB:
        ask_store(call, found_job);
        call->ask.reads_only = true;
        sync_job_read(&call->ask, call->id, &sync_job_names[JOB_CONNECTOR_ID], 1);
        return ASKED;
    case ABOUT_PARAMETER:
        parameter = target_parameter(&call->target, STR("connector_id"));
        return check_connector(call, parameter ? parameter->value : STR(""));
    default:
        return check_connector(call, str_or_empty(call->id));
    }
}

enum progress access_authorize(struct call *call)
{
    enum role role = call->identity.role;

    if (call->route->open_to & TO_STRANGERS || role == ROLE_MANAGE)
        return GO_ON;
    if (!(call->route->open_to & 1U << role))
        return forbid(call, (struct str){ NULL, 0 });
    return role == ROLE_REPORT ? check_binding(call) : GO_ON;
}
