/* problem.c: writes errors in Elasticsearch's form. */
#include "api/common/problem.h"

#include "base/text.h"

static const struct {
    struct str name;
    bool unwraps; /* as the cause of an x_content_parse_exception it is the root cause */
} types[] = {
    [ACTION_REQUEST_VALIDATION] = { STR_ROW("action_request_validation_exception") },
    [BAD_PARAMETER] = { STR_ROW("bad_parameter_exception") },
    [CONTENT_TOO_LONG] = { STR_ROW("content_too_long_exception") },
    [DATE_TIME] = { STR_ROW("date_time_exception") },
    [DATE_TIME_PARSE] = { STR_ROW("date_time_parse_exception") },
    [DOCUMENT_MISSING] = { STR_ROW("document_missing_exception") },
    [GENERIC] = { STR_ROW("exception") },
    [ILLEGAL_ARGUMENT] = { STR_ROW("illegal_argument_exception") },
    [INPUT_COERCION] = { STR_ROW("input_coercion_exception") },
    [INVALID_STATUS_TRANSITION] = { STR_ROW("connector_invalid_status_transition_exception") },
    [INVALID_SYNC_TRANSITION] = { STR_ROW(
        "connector_sync_job_invalid_status_transition_exception") },
    [JSON_END_OF_FILE] = { STR_ROW("json_e_o_f_exception") },
    [JSON_PARSE] = { STR_ROW("json_parse_exception") },
    [MEDIA_TYPE_HEADER] = { STR_ROW("media_type_header_exception") },
    [NUMBER_FORMAT] = { STR_ROW("number_format_exception") },
    [PARSE] = { STR_ROW("parse_exception"), true },
    [RESOURCE_EXISTS] = { STR_ROW("resource_already_exists_exception") },
    [RESOURCE_NOT_FOUND] = { STR_ROW("resource_not_found_exception") },
    [SEARCH_PHASE_EXECUTION] = { STR_ROW("search_phase_execution_exception") },
    [SECURITY] = { STR_ROW("security_exception") },
    [STATUS] = { STR_ROW("status_exception"), true },
    [UNAVAILABLE] = { STR_ROW("unavailable_exception") },
    [VERSION_CONFLICT] = { STR_ROW("version_conflict_engine_exception") },
    [X_CONTENT_END_OF_FILE] = { STR_ROW("x_content_e_o_f_exception"), true },
    [X_CONTENT_PARSE] = { STR_ROW("x_content_parse_exception"), true },
};

const struct problem *problem_new(struct arena *arena, enum problem_type type, struct str reason,
                                  const struct problem *cause)
{
    struct problem *problem = arena_take(arena, sizeof *problem);

    *problem = (struct problem){ 400, type, reason, cause, STR("") };
    return problem;
}

static const struct problem *root_of(const struct problem *problem)
{
    while (problem->cause &&
           (problem->type == SEARCH_PHASE_EXECUTION ||
            (problem->type == X_CONTENT_PARSE && types[problem->cause->type].unwraps)))
        problem = problem->cause;
    return problem;
}

static void add_members(struct text *out, const struct problem *problem, bool trace)
{
    struct str name = types[problem->type].name;

    text_format(out, "\"type\":\"%.*s\",\"reason\":", STR_ARGS(name));
    text_json(out, problem->reason);
    text_add(out, problem->members);
    if (!trace)
        return;
    text_add(out, STR(",\"stack_trace\":"));
    text_json(out,
              arena_format(out->arena, "%.*s: %.*s", STR_ARGS(name), STR_ARGS(problem->reason)));
}

struct str problem_write(const struct problem *problem, bool trace, struct arena *arena)
{
    struct text out = text_new(arena, 512);
    unsigned causes = 0;

    text_add(&out, STR("{\"error\":{\"root_cause\":[{"));
    add_members(&out, root_of(problem), trace);
    text_add(&out, STR("}],"));
    add_members(&out, problem, trace);
    for (const struct problem *cause = problem->cause; cause; cause = cause->cause) {
        text_add(&out, STR(",\"caused_by\":{"));
        add_members(&out, cause, trace);
        causes++;
    }
    while (causes--)
        text_byte(&out, '}');
    text_format(&out, "},\"status\":%d}", problem->status);
    return text_str(&out);
}

struct str problem_write_short(struct str message, int status, struct arena *arena)
{
    struct text out = text_new(arena, 256);

    text_add(&out, STR("{\"error\":"));
    text_json(&out, message);
    if (status)
        text_format(&out, ",\"status\":%d", status);
    text_byte(&out, '}');
    return text_str(&out);
}
