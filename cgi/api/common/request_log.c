/* request_log.c: logs a line for each request. */
#include "api/common/request_log.h"

#include "base/instant.h"

static const struct str outcome_words[] = {
    [ASKING] = STR_ROW("none"),         [CREATED] = STR_ROW("created"),
    [UPDATED] = STR_ROW("updated"),     [NOOP] = STR_ROW("noop"),
    [DELETED] = STR_ROW("deleted"),     [FOUND] = STR_ROW("found"),
    [MISSING] = STR_ROW("missing"),     [TAKEN] = STR_ROW("taken"),
    [FULL] = STR_ROW("full"),           [NATIVE] = STR_ROW("native"),
    [CHANGED] = STR_ROW("changed"),     [AWAY] = STR_ROW("away"),
    [FAULTY] = STR_ROW("faulty"),       [NEWER] = STR_ROW("newer"),
    [OUTDATED] = STR_ROW("outdated"),   [ALONE] = STR_ROW("alone"),
    [CLUSTERED] = STR_ROW("clustered"), [TOO_LARGE] = STR_ROW("too large"),
};

/* The outcome of the ask as a word. */
static struct str outcome_word(enum outcome outcome)
{
    bool known = outcome < sizeof outcome_words / sizeof outcome_words[0];

    return known && outcome_words[outcome].ptr ? outcome_words[outcome] : STR("other");
}

void request_log(const struct call *call)
{
    const struct request *request = &call->exchange->request;
    int64_t began = call->deadline - call->options->deadline;
    struct log_field fields[LOG_FIELDS_MAX];
    size_t count = 0;

    fields[count++] = (struct log_field){ "method", request->method_text, 0 };
    fields[count++] =
        (struct log_field){ "route", call->route ? call->route->path : STR("none"), 0 };
    if (call->id.ptr)
        fields[count++] = (struct log_field){ "id", call->id, 0 };
    fields[count++] = (struct log_field){ "status", .number = call->exchange->response.status };
    fields[count++] = (struct log_field){ "outcome", outcome_word(call->ask.outcome), 0 };
    fields[count++] = (struct log_field){ "milliseconds", .number = instant_ticks() - began };
    log_event(LOG_INFO, "request", fields, count);
}
