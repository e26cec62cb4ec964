/* print.c: documents as JSON. */
#include "api/common/print.h"

#include "base/text.h"

enum {
    DOCUMENT_BYTES = 1536 /* that a usual document has as JSON */
};

const struct str *print_names(struct call *call, const struct field *fields, size_t count)
{
    struct str *names = arena_take(call->arena, count * sizeof *names);

    for (size_t i = 0; i < count; i++)
        names[i] = fields[i].name;
    return names;
}

void print_field(struct text *json, const struct field *field, struct str value, bool first)
{
    if (!value.ptr && !field->when_absent.ptr)
        return;
    text_add(json, first ? STR("\"") : STR(",\""));
    text_add(json, field->name);
    text_add(json, STR("\":"));
    if (!value.ptr)
        text_add(json, field->when_absent);
    else if (kind_is_quoted(field->kind))
        text_json(json, value);
    else
        text_add(json, value);
}

/* Adds a document: its id, and the values of all fields, in the table's order. */
static void add_document(struct text *json, const struct field *fields, size_t count,
                         const struct row *row)
{
    text_add(json, STR("{\"id\":"));
    text_json(json, row->id);
    for (size_t i = 0; i < count; i++)
        print_field(json, &fields[i], row->values[i], false);
    text_byte(json, '}');
}

enum progress print_document(struct call *call, const struct field *fields, size_t count)
{
    struct text json = text_new(call->arena, DOCUMENT_BYTES);

    add_document(&json, fields, count, call->ask.rows);
    return respond(call, 200, text_str(&json));
}

/* How a list prints its rows. */
struct listed {
    const struct field *fields;
    size_t count;
    size_t printed;
};

/* The total is known when the first rows arrive. */
static void begin(struct call *call)
{
    if (call->json.len)
        return;
    text_add(&call->json, STR("{\"count\":"));
    text_number(&call->json, (int64_t)call->ask.total);
    text_add(&call->json, STR(",\"results\":["));
}

static bool take_rows(struct ask *ask, const struct row *rows, size_t count)
{
    struct call *call = ask->taker;
    struct listed *listed = call->details;

    begin(call);
    for (size_t i = 0; i < count; i++) {
        if (listed->printed++)
            text_byte(&call->json, ',');
        add_document(&call->json, listed->fields, listed->count, &rows[i]);
        if (call->json.len > call->options->answer_limit)
            return false;
    }
    return true;
}

static enum progress listed(struct call *call)
{
    begin(call);
    text_add(&call->json, STR("]}"));
    return respond(call, 200, text_str(&call->json));
}

void print_list(struct call *call, const struct field *fields, size_t count)
{
    struct listed *details = arena_take(call->arena, sizeof *details);

    *details = (struct listed){ fields, count, 0 };
    call->details = details;
    call->json = text_new(call->arena, (size_t)4 * DOCUMENT_BYTES);
    ask_store(call, listed);
    call->ask.take_rows = take_rows;
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
