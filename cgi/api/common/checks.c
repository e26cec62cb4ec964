/* checks.c: the checks that every request must pass before its handler runs. */
#include "api/common/checks.h"

#include "api/common/access.h"
#include "api/common/filter.h"
#include "api/common/routes.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/number.h"
#include "base/suggest.h"
#include "base/text.h"
#include "http/accept.h"
#include "http/filter_path.h"
#include "http/inflate.h"

enum {
    REQUEST_LINE_MAX = 4096, /* bytes, as in Elasticsearch (API, section 8.7) */
    OPAQUE_ID_MAX =
        1024 /* bytes: a web server has room for the head of an answer, 4 KiB in nginx */
};

/* Whether the answer repeats the X-Opaque-Id. */
static bool echoes_opaque_id(const struct request *request)
{
    return !request->headers[X_OPAQUE_ID].differs &&
           request->headers[X_OPAQUE_ID].value.len <= OPAQUE_ID_MAX;
}

/* Reads the target and finds its route, which the later checks and the answers need. */
static enum progress find_route(struct call *call)
{
    const struct request *request = &call->exchange->request;
    struct match match;

    if (echoes_opaque_id(request))
        call->exchange->response.opaque_id = request->headers[X_OPAQUE_ID].value;
    call->target_fault = target_read(str_or_empty(request->target), call->arena, &call->target);
    if (call->target_fault.ptr)
        return GO_ON;
    match = routes_find(&call->target, request->method);
    call->route = match.route;
    if (match.route && match.number < METRIC_ROUTES_MAX)
        call->exchange->route = match.number;
    call->methods = match.methods;
    if (match.capture.ptr)
        call->id = target_decode(match.capture, false, call->arena);
    call->capture_name = match.capture_name;
    return GO_ON;
}

/* A browser sends a user's password, or the name by which the web server knows him, with what pages
 * of other sites ask for; it says so itself (Fetch Metadata), and other clients say nothing.
 * Answers are kept from those pages by the browser. */
static enum progress check_page(struct call *call)
{
    const struct request *request = &call->exchange->request;
    struct str site = request->headers[SEC_FETCH_SITE].value;
    bool is_foreign = str_equal(site, STR("cross-site")) || str_equal(site, STR("same-site"));

    if (!is_foreign || request->method == GET || request->method == HEAD ||
        request->method == OPTIONS)
        return GO_ON;
    return fail(call, 403, SECURITY, "a page of another site may change nothing here");
}

static enum progress check_target(struct call *call)
{
    const struct request *request = &call->exchange->request;
    struct str target = request->target, fault = call->target_fault;

    if (!target.ptr) {
        log_repeated(LOG_ERROR, "requests come without REQUEST_URI: the web server must pass it "
                                "(nginx: fastcgi_param, in the location that has fastcgi_pass)");
        return fail(call, 500, GENERIC, "the web server does not pass the request on as it must");
    }
    if (request->method_text.len + target.len + sizeof " HTTP/1.1" > REQUEST_LINE_MAX)
        return fail(call, 400, ILLEGAL_ARGUMENT, "request line is longer than %d bytes",
                    REQUEST_LINE_MAX);
    if (!fault.ptr)
        return GO_ON;
    if (!call->target.path.ptr)
        return fail(call, 400, ILLEGAL_ARGUMENT, "%.*s", STR_ARGS(fault));
    return fail_with(call, problem_new(call->arena, BAD_PARAMETER, fault,
                                       problem_new(call->arena, ILLEGAL_ARGUMENT, fault, NULL)));
}

static enum progress check_opaque_id(struct call *call)
{
    const struct request *request = &call->exchange->request;

    if (request->headers[X_OPAQUE_ID].differs)
        return fail_short(call, 400, "multiple values for single-valued header [X-Opaque-Id].");
    if (!echoes_opaque_id(request))
        return fail_short(call, 400, "header [X-Opaque-Id] is longer than %d bytes.",
                          OPAQUE_ID_MAX);
    return GO_ON;
}

/* Refuses a request whose body was not read as a whole. */
static enum progress check_size(struct call *call)
{
    const struct request *request = &call->exchange->request;

    if (request->body_state == BODY_TOO_LARGE)
        return fail(call, 413, CONTENT_TOO_LONG, "request body is larger than the limit");
    if (request->body_state == BODY_CUT)
        return fail(call, 400, ILLEGAL_ARGUMENT, "request body does not have its announced length");
    return GO_ON;
}

static enum progress fail_header(struct call *call, struct str headers, enum problem_type type,
                                 struct str reason)
{
    return fail_with(
        call, problem_new(call->arena, MEDIA_TYPE_HEADER,
                          arena_format(call->arena, "Invalid media-type value on headers [%.*s]",
                                       STR_ARGS(headers)),
                          problem_new(call->arena, type, reason, NULL)));
}

/* Reads one of the two headers that hold a media type. */
static enum progress read_media(struct call *call, enum header header, struct media *media,
                                bool *present)
{
    const struct request *request = &call->exchange->request;
    struct str value = request->headers[header].value, name = header_name(header), reason;

    *present = value.ptr != NULL;
    if (!value.ptr)
        return GO_ON;
    if (request->headers[header].count > 1)
        reason =
            arena_format(call->arena, "Incorrect header [%.*s]. Only one value should be provided",
                         STR_ARGS(name));
    else if (!value.len)
        reason = arena_format(call->arena, "Header [%.*s] cannot be empty.", STR_ARGS(name));
    else if (header == ACCEPT && memchr(value.ptr, ',', value.len)) {
        *present = false; /* a list is ignored */
        return GO_ON;
    } else if (media_read(value, media))
        return GO_ON;
    else
        reason = arena_format(call->arena, "invalid media-type [%.*s]", STR_ARGS(value));
    return fail_header(call, name, ILLEGAL_ARGUMENT, reason);
}

static enum progress check_version(struct call *call, enum header header, const struct media *media)
{
    if (media_version_known(media->version))
        return GO_ON;
    return fail_header(
        call, STR("Accept, Content-Type"), STATUS,
        arena_format(
            call->arena, "%.*s version must be either version 9, 8 or 7, but found %.*s. %.*s=%.*s",
            STR_ARGS(header_name(header)), STR_ARGS(media->version), STR_ARGS(header_name(header)),
            STR_ARGS(call->exchange->request.headers[header].value)));
}

static enum progress check_media(struct call *call)
{
    enum progress progress = read_media(call, CONTENT_TYPE, &call->content, &call->has_content);

    if (progress == GO_ON)
        progress = read_media(call, ACCEPT, &call->accept, &call->has_accept);
    if (progress == GO_ON && call->has_accept)
        progress = check_version(call, ACCEPT, &call->accept);
    if (progress == GO_ON && call->has_content && call->exchange->request.body.len)
        progress = check_version(call, CONTENT_TYPE, &call->content);
    return progress;
}

/* The methods of a path, joined; in the order of enum method. */
static struct str join_methods(struct call *call, unsigned methods, struct str glue)
{
    struct text names = text_new(call->arena, 32);

    for (enum method method = GET; method < OTHER_METHOD; method++) {
        if (!(methods & 1U << method))
            continue;
        if (names.len)
            text_add(&names, glue);
        text_add(&names, method_name(method));
    }
    return text_str(&names);
}

/* A known path without a route for this method. */
static enum progress refuse_method(struct call *call)
{
    const struct request *request = &call->exchange->request;
    struct response *response = &call->exchange->response;

    response->allow = join_methods(call, call->methods, STR(","));
    if (request->method == OPTIONS) {
        response->status = 200;
        response->content_type = STR("text/plain; charset=UTF-8");
        response->body = STR("");
        return ANSWERED;
    }
    return fail_short(call, 405,
                      "Incorrect HTTP method for uri [%.*s] and method [%.*s], allowed: [%.*s]",
                      STR_ARGS(request->target), STR_ARGS(request->method_text),
                      STR_ARGS(join_methods(call, call->methods, STR(", "))));
}

static enum progress check_route(struct call *call)
{
    const struct request *request = &call->exchange->request;

    if (call->route)
        return GO_ON;
    if (call->methods)
        return refuse_method(call);
    return fail_short(call, 0, "no handler found for uri [%.*s] and method [%.*s]",
                      STR_ARGS(request->target), STR_ARGS(request->method_text));
}

static enum progress check_content_type(struct call *call)
{
    struct str value = call->exchange->request.headers[CONTENT_TYPE].value;

    if (!call->exchange->request.body.len)
        return GO_ON;
    if (!call->has_content)
        return fail_short(call, 406, "Content-Type header is missing");
    if (call->content.kind == MEDIA_FOREIGN)
        return fail_short(call, 406, "Content-Type header [%.*s] is not supported",
                          STR_ARGS(value));
    return GO_ON;
}

typedef enum inflate_fault unpack(struct str packed, size_t limit, struct arena *arena,
                                  struct str *plain);

/* clang-format off */
static const struct {
    struct str name;
    unpack *unpack;
    const char *format; /* its name in errors */
} encodings[] = {
    { STR_ROW("gzip"),      inflate_gzip,    "gzip" },
    { STR_ROW("x-gzip"),    inflate_gzip,    "gzip" },
    { STR_ROW("deflate"),   inflate_deflate, "deflate" },
    { STR_ROW("x-deflate"), inflate_deflate, "deflate" },
};
/* clang-format on */

enum { ENCODINGS = sizeof encodings / sizeof encodings[0] };

/* Unpacks a packed body. */
static enum progress check_encoding(struct call *call)
{
    const struct request *request = &call->exchange->request;
    struct str encoding = str_trim(request->headers[CONTENT_ENCODING].value);
    size_t i = 0;

    call->body = request->body;
    if (!request->body.len || !encoding.len || str_equal_ignoring_case(encoding, STR("identity")))
        return GO_ON;
    while (i < ENCODINGS && !str_equal_ignoring_case(encoding, encodings[i].name))
        i++;
    if (i == ENCODINGS)
        return fail_short(call, 415, "Content-Encoding [%.*s] is not supported",
                          STR_ARGS(encoding));
    switch (
        encodings[i].unpack(request->body, call->options->body_limit, call->arena, &call->body)) {
    case INFLATE_TOO_LARGE:
        return fail(call, 413, CONTENT_TOO_LONG, "request body is larger than the limit");
    case INFLATE_BROKEN:
        return fail(call, 400, ILLEGAL_ARGUMENT, "request body is not in %s format",
                    encodings[i].format);
    default:
        return GO_ON;
    }
}

static enum progress check_body(struct call *call)
{
    const struct route *route = call->route;
    const struct problem *problem;

    if (!route->form)
        return GO_ON;
    if (!call->body.len && route->body_is_optional) {
        memset(call->given, 0, route->form->count * sizeof call->given[0]);
        return GO_ON;
    }
    if (!call->body.len)
        return fail(call, 400, PARSE, "request body is required");
    problem = body_read(call->body, route->form, call->options->budget, call->arena, call->given);
    return problem ? fail_with(call, problem) : GO_ON;
}

static enum progress fail_flag(struct call *call, struct str value)
{
    return fail(call, 400, ILLEGAL_ARGUMENT,
                "Failed to parse value [%.*s] as only [true] or [false] are allowed.",
                STR_ARGS(value));
}

/* Whether a FLAG is set: "" and "true" set it. */
static bool read_flag(struct str value, uint64_t *flag)
{
    *flag = !value.len || str_equal(value, STR("true"));
    return *flag || str_equal(value, STR("false"));
}

static enum progress fail_count(struct call *call, const struct parameter *parameter)
{
    struct str name = parameter->name, value = parameter->value;
    int64_t number;

    if (value.len > 1 && value.ptr[0] == '-' && number_truncate(value, &number) == NUMBER_READ &&
        number < 0 && !memchr(value.ptr, '.', value.len) && !memchr(value.ptr, 'e', value.len))
        return fail(call, 400, ILLEGAL_ARGUMENT, "Parameter [%.*s] cannot be < 0", STR_ARGS(name));
    return fail_with(
        call,
        problem_new(
            call->arena, ILLEGAL_ARGUMENT,
            arena_format(call->arena, "Failed to parse int parameter [%.*s] with value [%.*s]",
                         STR_ARGS(name), STR_ARGS(value)),
            problem_new(call->arena, NUMBER_FORMAT,
                        arena_format(call->arena, "For input string: \"%.*s\"", STR_ARGS(value)),
                        NULL)));
}

/* Reads a COUNT, which may begin with a plus. */
static bool read_count(struct str value, uint64_t *count)
{
    if (value.len > 1 && value.ptr[0] == '+')
        value = str_from_offset(value, 1);
    return number_count(value, INT32_MAX, count) == NUMBER_READ;
}

/* Reads one of the choices' words as a bit. */
static enum progress read_word(struct call *call, const struct choices *choices, struct str word,
                               uint64_t *bits)
{
    for (size_t i = 0; i < choices->count; i++) {
        if (!str_equal_ignoring_case(word, choices->words[i]))
            continue;
        *bits |= UINT64_C(1) << i;
        return GO_ON;
    }
    return fail(call, 400, ILLEGAL_ARGUMENT, "Unknown %.*s [%.*s].", STR_ARGS(choices->name),
                STR_ARGS(word));
}

static enum progress read_words(struct call *call, const struct choices *choices, struct str list,
                                uint64_t *bits)
{
    enum progress progress = GO_ON;
    struct str word;

    while (progress == GO_ON && str_split(&list, ',', &word))
        if (word.len)
            progress = read_word(call, choices, word, bits);
    return progress;
}

static enum progress read_parameter(struct call *call, const struct parameter_row *row,
                                    struct parameter_value *value)
{
    const struct parameter *parameter = target_parameter(&call->target, row->name);

    *value = (struct parameter_value){ .number = row->fallback };
    if (!parameter)
        return GO_ON;
    value->text = parameter->value;
    if (row->kind == FLAG && !read_flag(parameter->value, &value->number))
        return fail_flag(call, parameter->value);
    if (row->kind == COUNT && !read_count(parameter->value, &value->number))
        return fail_count(call, parameter);
    if ((row->kind == PATTERN || row->kind == SEARCH) && parameter->value.len > PATTERN_MAX)
        return fail(call, 400, ILLEGAL_ARGUMENT,
                    "Parameter [%.*s] is too long: %zu bytes, and at most %d are allowed",
                    STR_ARGS(row->name), parameter->value.len, PATTERN_MAX);
    if (row->kind == SEARCH && !filter_words_fit(parameter->value))
        return fail(call, 400, ILLEGAL_ARGUMENT,
                    "Parameter [%.*s] is too long: at most %d different words are allowed",
                    STR_ARGS(row->name), FILTER_WORDS_MAX);
    if (row->kind == PATHS && !filter_path_fits(parameter->value))
        return fail(call, 400, ILLEGAL_ARGUMENT,
                    "Parameter [%.*s] is too long: at most %d paths with %d names are allowed",
                    STR_ARGS(row->name), FILTER_PATHS_MAX, FILTER_NAMES_MAX);
    if (row->kind == WORD)
        return read_word(call, row->choices, parameter->value, &value->number);
    if (row->kind == WORDS)
        return read_words(call, row->choices, parameter->value, &value->number);
    return GO_ON;
}

static const struct parameter_row common_parameters[] = {
    { STR_ROW("error_trace"), FLAG }, { STR_ROW("filter_path"), PATHS },
    { STR_ROW("format"), TEXT },      { STR_ROW("human"), FLAG },
    { STR_ROW("pretty"), FLAG },
};

enum { COMMON_PARAMETERS = sizeof common_parameters / sizeof common_parameters[0] };

/* Whether a client that names both in its Accept header wants a table at least as much as JSON. A
 * browser, which takes anything, gets JSON. */
static bool accepts_table(const struct call *call)
{
    static const struct accept_offer table = { STR_ROW("text/csv"), { NULL, 0 } },
                                     json = { STR_ROW("application/json"), { NULL, 0 } };
    struct str accept = call->exchange->request.headers[ACCEPT].value;
    struct accept_wish wish = accept_find(accept, &table);

    return wish.named && wish.quality && wish.quality >= accept_find(accept, &json).quality;
}

/* Chooses JSON or, if the route has one, a table as the answer. The parameter wins over the
 * header. */
static enum progress check_format(struct call *call)
{
    const struct parameter *format = target_parameter(&call->target, STR("format"));
    struct str word = format ? format->value : STR("");

    if (call->route->csv &&
        (word.len ? str_equal_ignoring_case(word, STR("csv")) : accepts_table(call)))
        call->csv = call->route->csv;
    else if (word.len && !str_equal_ignoring_case(word, STR("json")))
        return fail_short(call, 406, "response format [%.*s] is not supported", STR_ARGS(word));
    if (call->csv && target_parameter(&call->target, STR("filter_path")))
        return fail(call, 400, ILLEGAL_ARGUMENT,
                    "A table has all of its columns: [filter_path] is for JSON");
    return GO_ON;
}

static enum progress check_common_parameters(struct call *call)
{
    for (size_t i = 0; i < COMMON_PARAMETERS; i++) {
        struct parameter_value value;
        enum progress progress = read_parameter(call, &common_parameters[i], &value);

        if (progress != GO_ON)
            return progress;
    }
    return check_format(call);
}

static enum progress check_parameters(struct call *call)
{
    enum progress progress = GO_ON;

    for (size_t i = 0; i < call->route->parameter_count && progress == GO_ON; i++)
        progress = read_parameter(call, &call->route->parameters[i], &call->parameters[i]);
    return progress;
}

static bool is_known_parameter(const struct call *call, struct str name)
{
    for (size_t i = 0; i < COMMON_PARAMETERS; i++)
        if (str_equal(name, common_parameters[i].name))
            return true;
    for (size_t i = 0; i < call->route->parameter_count; i++)
        if (str_equal(name, call->route->parameters[i].name))
            return true;
    return call->id.ptr && str_equal(name, call->capture_name);
}

/* " -> did you mean [x]?" for an unknown parameter. */
static struct str suggest_parameter(const struct call *call, struct str name)
{
    struct str names[COMMON_PARAMETERS + PARAMETERS_MAX + CAPTURES_MAX], hint;
    size_t count = 0;

    for (size_t i = 0; i < COMMON_PARAMETERS; i++)
        names[count++] = common_parameters[i].name;
    for (size_t i = 0; i < call->route->parameter_count; i++)
        names[count++] = call->route->parameters[i].name;
    if (call->id.ptr)
        names[count++] = call->capture_name;
    hint = suggest(name, names, count, call->arena);
    return hint.len ? arena_format(call->arena, " ->%.*s", STR_ARGS(hint)) : hint;
}

/* Gives the first unknown name after `after`, in the order of names; NULL if there is none. */
static const struct parameter *next_unknown(const struct call *call, const struct parameter *after)
{
    const struct parameter *least = NULL;

    for (size_t i = 0; i < call->target.parameter_count; i++) {
        const struct parameter *parameter = &call->target.parameters[i];

        if (is_known_parameter(call, parameter->name) ||
            (after && str_compare(parameter->name, after->name) <= 0))
            continue;
        if (!least || str_compare(parameter->name, least->name) < 0)
            least = parameter;
    }
    return least;
}

static enum progress check_unknown_parameters(struct call *call)
{
    const struct parameter *first = next_unknown(call, NULL), *unknown = first;
    struct text names;

    if (!first)
        return GO_ON;
    names = text_new(call->arena, 128);
    for (; unknown; unknown = next_unknown(call, unknown)) {
        if (names.len)
            text_add(&names, STR(", "));
        text_byte(&names, '[');
        text_add(&names, unknown->name);
        text_byte(&names, ']');
        text_add(&names, suggest_parameter(call, unknown->name));
    }
    return fail(call, 400, ILLEGAL_ARGUMENT,
                "request [%.*s] contains unrecognized parameter%s: %.*s",
                STR_ARGS(call->target.path), next_unknown(call, first) ? "s" : "", STR_ARGS(names));
}

static enum progress check_no_body(struct call *call)
{
    if (call->route->form || !call->body.len)
        return GO_ON;
    return fail(call, 400, ILLEGAL_ARGUMENT, "request [%.*s %.*s] does not support having a body",
                STR_ARGS(method_name(call->route->method)), STR_ARGS(call->target.path));
}

static enum progress check_validity(struct call *call)
{
    return call->route->validate ? call->route->validate(call) : GO_ON;
}

/* clang-format off */

/* In the order in which Elasticsearch makes them (API, section 3.3). */
static step *const checks[] = {
    find_route,
    access_authenticate,
    check_page,
    check_target,
    check_opaque_id,
    check_size,
    check_media,
    check_route,
    check_content_type,
    check_encoding,
    check_body,
    check_common_parameters,
    check_parameters,
    check_unknown_parameters,
    check_no_body,
    check_validity,
    access_authorize,
};

/* clang-format on */

enum progress checks_run(struct call *call)
{
    enum progress progress = GO_ON;

    while (call->checked < sizeof checks / sizeof checks[0] && progress == GO_ON)
        progress = checks[call->checked++](call);
    return progress;
}
