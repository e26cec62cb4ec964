/* print.c: documents as JSON. */
#include "api/common/print.h"

#include "base/text.h"

enum {
    RESULT_WINDOW_MAX = 10000, /* from + size of a list */
    DOCUMENT_BYTES = 1536      /* that a usual document takes as JSON */
};

const struct str *print_names(struct call *call, const struct field *fields, size_t count)
{
    struct str *names = arena_take(call->arena, count * sizeof *names);

    for (size_t i = 0; i < count; i++)
        names[i] = fields[i].name;
    return names;
}

/* Adds a document: its id, and the values of all fields, in the table's order. */
static void add_document(struct text *json, const struct field *fields, size_t count,
                         const struct row *row)
{
    text_add(json, STR("{\"id\":"));
    text_json(json, row->id);
    for (size_t i = 0; i < count; i++) {
        struct str value = row->values[i];

        if (!value.ptr && !fields[i].when_absent.ptr)
            continue;
        text_add(json, STR(",\""));
        text_add(json, fields[i].name);
        text_add(json, STR("\":"));
        if (!value.ptr)
            text_add(json, fields[i].when_absent);
        else if (kind_is_quoted(fields[i].kind))
            text_json(json, value);
        else
            text_add(json, value);
    }
    text_byte(json, '}');
}

enum progress print_document(struct call *call, const struct field *fields, size_t count)
{
    struct text json = text_new(call->arena, DOCUMENT_BYTES);

    add_document(&json, fields, count, call->ask.rows);
    return respond(call, 200, text_str(&json));
}

enum progress print_list(struct call *call, const struct field *fields, size_t count)
{
    struct text json = text_new(call->arena, DOCUMENT_BYTES * (call->ask.row_count + 1));

    text_add(&json, STR("{\"count\":"));
    text_number(&json, (int64_t)call->ask.total);
    text_add(&json, STR(",\"results\":["));
    for (size_t i = 0; i < call->ask.row_count; i++) {
        if (i)
            text_byte(&json, ',');
        add_document(&json, fields, count, &call->ask.rows[i]);
    }
    text_add(&json, STR("]}"));
    return respond(call, 200, text_str(&json));
}

enum progress print_check_part(struct call *call, uint64_t from, uint64_t size)
{
    uint64_t end = from + size;

    if (end <= RESULT_WINDOW_MAX)
        return GO_ON;
    return fail_with(
        call,
        problem_new(call->arena, SEARCH_PHASE_EXECUTION, STR("all shards failed"),
                    problem_new(call->arena, ILLEGAL_ARGUMENT,
                                arena_format(call->arena,
                                             "Result window is too large, from + size must be "
                                             "less than or equal to: [%d] but was [%llu]",
                                             RESULT_WINDOW_MAX, (unsigned long long)end),
                                NULL)));
}
