/* answer.c: answers calls, with a result or an error. */
#include "api/common/api.h"
#include "base/text.h"
#include "http/render.h"

enum { PRETTY_FACTOR = 2 }; /* of the answer limit, which a pretty answer may have */

static bool wants(const struct call *call, struct str name)
{
    const struct parameter *parameter = target_parameter(&call->target, name);

    return parameter && (!parameter->value.len || str_equal(parameter->value, STR("true")));
}

static struct str answer_type(const struct call *call)
{
    if (call->has_accept && call->accept.kind != MEDIA_FOREIGN)
        return media_write(&call->accept, call->arena);
    if (call->has_content)
        return media_write(&call->content, call->arena);
    return STR("application/json");
}

/* Lays the answer out if the request asks for that; absent if it then has more than `most` bytes.
 */
static struct str laid_out(const struct call *call, struct str json, size_t most)
{
    return wants(call, STR("pretty")) ? render_pretty(json, most, call->arena) : json;
}

static enum progress send_json(struct call *call, int status, struct str json)
{
    struct response *response = &call->exchange->response;

    response->status = status;
    response->content_type = answer_type(call);
    response->body = json;
    return ANSWERED;
}

/* An error has a few levels, and no limit. */
static enum progress send_error(struct call *call, int status, struct str json)
{
    return send_json(call, status, laid_out(call, json, SIZE_MAX));
}

static enum progress send_table(struct call *call, struct str json)
{
    struct response *response = &call->exchange->response;

    response->status = 200;
    response->content_type = csv_type;
    response->body = csv_write(json, call->csv, call->arena);
    return ANSWERED;
}

enum progress respond(struct call *call, int status, struct str json)
{
    const struct parameter *filter = target_parameter(&call->target, STR("filter_path"));
    size_t most = PRETTY_FACTOR * call->options->answer_limit;

    if (call->csv && status == 200)
        return send_table(call, json);
    if (filter)
        json = render_filtered(json, filter->value, call->arena);
    if (!json.ptr)
        return fail(call, 400, ILLEGAL_ARGUMENT,
                    "Parameter [filter_path] takes too much work for this answer: ask for fewer "
                    "paths, or fewer results at once");
    json = laid_out(call, json, most);
    return json.ptr ? send_json(call, status, json) : fail_too_large(call, most);
}

enum progress fail_too_large(struct call *call, size_t most)
{
    return fail(call, 400, ILLEGAL_ARGUMENT,
                "The answer would have more than [%zu] bytes: ask for fewer results at once "
                "(from, size)",
                most);
}

enum progress respond_result(struct call *call, struct str word)
{
    struct text json = text_new(call->arena, 32);

    text_add(&json, STR("{\"result\":\""));
    text_add(&json, word);
    text_add(&json, STR("\"}"));
    return respond(call, 200, text_str(&json));
}

enum progress respond_acknowledged(struct call *call)
{
    return respond(call, 200, STR("{\"acknowledged\":true}"));
}

enum progress fail_with(struct call *call, const struct problem *problem)
{
    bool trace = problem->status != 401 && wants(call, STR("error_trace"));

    return send_error(call, problem->status, problem_write(problem, trace, call->arena));
}

enum progress fail(struct call *call, int status, enum problem_type type, const char *format, ...)
{
    struct text reason = text_new(call->arena, 256);
    va_list values;

    va_start(values, format);
    text_format_values(&reason, format, values);
    va_end(values);
    return fail_with(
        call, &(struct problem){ .status = status, .type = type, .reason = text_str(&reason) });
}

enum progress fail_short(struct call *call, int status, const char *format, ...)
{
    struct text reason = text_new(call->arena, 256);
    va_list values;

    va_start(values, format);
    text_format_values(&reason, format, values);
    va_end(values);
    return send_error(call, status ? status : 400,
                      problem_write_short(text_str(&reason), status, call->arena));
}

void complain(struct call *call, struct complaints *complaints, struct str message)
{
    if (!complaints->text) {
        complaints->text = arena_take(call->arena, sizeof *complaints->text);
        *complaints->text = text_new(call->arena, 128);
        text_add(complaints->text, STR("Validation Failed: "));
    }
    text_number(complaints->text, ++complaints->count);
    text_add(complaints->text, STR(": "));
    text_add(complaints->text, message);
    text_byte(complaints->text, ';');
}

enum progress fail_if_any(struct call *call, const struct complaints *complaints)
{
    if (!complaints->count)
        return GO_ON;
    return fail_with(call, problem_new(call->arena, ACTION_REQUEST_VALIDATION,
                                       text_str(complaints->text), NULL));
}
