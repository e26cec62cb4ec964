/* search.c: _search, _count and _delete_by_query of the system indices. */
#include "api/common/print.h"
#include "api/service/query.h"
#include "base/instant.h"
#include "base/tree.h"
#include "store/connector/connector.h"
#include "store/job/sync_job.h"

/* ---- bodies and parameters ---- */

/* clang-format off */

enum { QUERY, FROM, SIZE, SORT, SEQ_NO, SOURCE, TRACK_TOTAL, SEARCH_MEMBERS };

static const struct field query       = { STR_ROW("query"),                 OBJECT };
static const struct field from        = { STR_ROW("from"),                  INTEGER };
static const struct field size        = { STR_ROW("size"),                  INTEGER };
static const struct field sort        = { STR_ROW("sort"),                  ANY };
static const struct field seq_no      = { STR_ROW("seq_no_primary_term"),   BOOLEAN };
static const struct field source      = { STR_ROW("_source"),               ANY };
static const struct field track_total = { STR_ROW("track_total_hits"),      BOOLEAN };

static const struct member search_members[SEARCH_MEMBERS] = {
    [QUERY]       = { &query },
    [FROM]        = { &from },
    [SIZE]        = { &size },
    [SORT]        = { &sort },
    [SEQ_NO]      = { &seq_no },
    [SOURCE]      = { &source },
    [TRACK_TOTAL] = { &track_total }, /* the total is exact in any case */
};
const struct form service_search_form = { STR_ROW("search"), search_members, SEARCH_MEMBERS };
const struct form service_query_form = { STR_ROW("query"), search_members, QUERY + 1 };

/* The first three say what to do if the index is missing or hidden, which it never is. */
const struct parameter_row service_search_parameters[SERVICE_SEARCH_PARAMETERS] = {
    { STR_ROW("allow_no_indices"),   FLAG },
    { STR_ROW("expand_wildcards"),   TEXT },
    { STR_ROW("ignore_unavailable"), FLAG },
    { STR_ROW("conflicts"),          TEXT }, /* of _delete_by_query; there are no conflicts */
    { STR_ROW("refresh"),            TEXT }, /* of _delete_by_query; searches see each write at once */
};

/* clang-format on */

enum { SIZE_DEFAULT = 10, DELETED_MAX = 10000 };

/* The query of a call, and the parts of documents that it prints. */
struct searching {
    struct query query;
    uint64_t from, size;
    bool sorted, newest_first, with_version, with_source;
    const bool *only;  /* fields of the source; NULL: all */
    struct str *names; /* the fields to read: the version, then the others */
    size_t printed;
    struct str *ids; /* to delete */
};

/* ---- sort ---- */

static bool read_order(struct searching *searching, struct json_object *order)
{
    struct str word;

    if (tree_is_object(order) && tree_member_count(order) == 1)
        order = tree_member(order, "order");
    if (!order || !tree_is_string(order))
        return false;
    word = tree_text(order);
    searching->newest_first = str_equal(word, STR("desc"));
    return searching->newest_first || str_equal(word, STR("asc"));
}

/* "field", {"field": order} or {"field": {"order": order}}; or a list of one of these. */
static bool read_sort(struct searching *searching, struct json_object *tree)
{
    struct str field = searching->query.index->sorted;

    searching->sorted = true;
    if (tree_is_array(tree) && tree_length(tree) == 1)
        tree = tree_element(tree, 0);
    if (!field.ptr || !tree)
        return false;
    if (tree_is_string(tree))
        return str_equal(tree_text(tree), field);
    return tree_member_count(tree) == 1 && tree_has(tree, field.ptr) &&
           read_order(searching, tree_member(tree, field.ptr));
}

/* ---- _source ---- */

static bool mark_field(const struct service_index *index, struct json_object *name, bool *only)
{
    for (size_t i = 0; name && i < index->field_count; i++) {
        if (!tree_is_string(name) || !str_equal(tree_text(name), index->fields[i].name))
            continue;
        only[i] = true;
        return true;
    }
    return false;
}

/* true, false, the name of a field, or a list of names. */
static bool read_source(struct call *call, struct searching *searching, struct json_object *tree)
{
    const struct service_index *index = searching->query.index;
    struct str text = tree_is_object(tree) ? STR("") : tree_text(tree);
    bool *only;

    searching->with_source = !str_equal(text, STR("false"));
    if (!searching->with_source || str_equal(text, STR("true")))
        return true;
    only = arena_take_cleared(call->arena, index->field_count * sizeof *only);
    searching->only = only;
    if (!tree_is_array(tree))
        return mark_field(index, tree, only);
    for (size_t i = 0; i < tree_length(tree); i++)
        if (!mark_field(index, tree_element(tree, i), only))
            return false;
    return true;
}

/* ---- reading ---- */

static uint64_t read_number(const struct given *given, uint64_t fallback)
{
    struct str text = given->text;
    uint64_t number = 0;

    if (given->presence != GIVEN)
        return fallback;
    for (size_t i = 0; i < text.len; i++)
        number = number * 10 + (uint64_t)(text.ptr[i] - '0');
    return number;
}

static bool is_negative(const struct given *given)
{
    return given->presence == GIVEN && given->text.ptr[0] == '-';
}

static enum progress read_search(struct call *call, struct searching *searching)
{
    const struct given *given = call->given;

    if (is_negative(&given[FROM]) || is_negative(&given[SIZE]))
        return fail(call, 400, ILLEGAL_ARGUMENT, "[from] and [size] cannot be negative");
    searching->from = read_number(&given[FROM], 0);
    searching->size = read_number(&given[SIZE], SIZE_DEFAULT);
    searching->with_version = str_equal(str_or_empty(given[SEQ_NO].text), STR("true"));
    searching->with_source = true;
    if (given[SORT].presence == GIVEN && !read_sort(searching, given[SORT].tree))
        return fail(call, 400, ILLEGAL_ARGUMENT,
                    searching->query.index->sorted.ptr
                        ? "[sort] may be by [created_at] alone, asc or desc"
                        : "[sort] is not known for this index");
    if (given[SOURCE].presence == GIVEN && !read_source(call, searching, given[SOURCE].tree))
        return fail(call, 400, ILLEGAL_ARGUMENT,
                    "[_source] may be true, false, or name fields of the document");
    return print_check_part(call, searching->from, searching->size);
}

static struct searching *begin(struct call *call)
{
    struct searching *searching = arena_take_cleared(call->arena, sizeof *searching);
    const struct service_index *index = service_index(call);

    searching->query.index = index;
    searching->names = arena_take(call->arena, (index->field_count + 1) * sizeof(struct str));
    searching->names[0] = index->version;
    memcpy(searching->names + 1, print_names(call, index->fields, index->field_count),
           index->field_count * sizeof(struct str));
    call->details = searching;
    return searching;
}

static enum progress read_query(struct call *call, struct searching *searching)
{
    return query_read(call, call->given[QUERY].presence == GIVEN ? call->given[QUERY].tree : NULL,
                      &searching->query);
}

/* ---- choosing ---- */

/* Uses the ids that the query names, if any; but several jobs to be sorted come from the list,
 * which has their order. */
static const struct str *wanted_ids(const struct searching *searching, size_t *count)
{
    const struct str *ids;

    if (!query_words(&searching->query, STR("_id"), &ids, count) ||
        (searching->sorted && *count > 1))
        return NULL;
    return ids;
}

/* Keeps the words that are a status. */
static struct str *wanted_statuses(struct call *call, const struct searching *searching,
                                   size_t *count)
{
    struct str *statuses = arena_take(call->arena, SYNC_STATUSES * sizeof *statuses);
    const struct str *words;
    size_t word_count;

    *count = 0;
    if (!query_words(&searching->query, STR("status"), &words, &word_count))
        return NULL;
    for (size_t i = 0; i < word_count; i++)
        for (size_t k = 0; k < SYNC_STATUSES; k++)
            if (str_equal(words[i], sync_status_words[k]))
                statuses[(*count)++] = sync_status_words[k];
    return statuses;
}

static struct choice choice_of(struct call *call, const struct searching *searching)
{
    struct choice choice = { .from = searching->from,
                             .size = searching->size,
                             .judged = searching->query.fields,
                             .judged_count = searching->query.field_count,
                             .fits = searching->query.root ? query_fits : NULL,
                             .filter = &searching->query,
                             .answer_max = call->options->answer_limit };

    choice.ids = wanted_ids(searching, &choice.id_count);
    return choice;
}

static void choose_connectors(struct call *call, const struct searching *searching, size_t names)
{
    struct choice choice = choice_of(call, searching);

    connector_choose(&call->ask, &choice, searching->names, names);
}

static void choose_jobs(struct call *call, const struct searching *searching, size_t names)
{
    struct sync_job_choice choice = { .of = choice_of(call, searching),
                                      .newest_first = searching->newest_first };
    const struct str *connectors;
    size_t connector_count;

    choice.statuses = wanted_statuses(call, searching, &choice.status_count);
    if (query_words(&searching->query, STR("connector.id"), &connectors, &connector_count) &&
        connector_count == 1)
        choice.connector_id = connectors[0];
    sync_job_choose(&call->ask, &choice, searching->names, names);
}

/* Asks for the documents that match, with the fields `names`. */
static enum progress choose(struct call *call, struct searching *searching, size_t names,
                            step *then, ask_take_rows *take)
{
    ask_store(call, then);
    call->ask.reads_only = true; /* also if the request is a POST */
    call->ask.take_rows = take;
    if (searching->query.index == &connector_index)
        choose_connectors(call, searching, names);
    else
        choose_jobs(call, searching, names);
    return ASKED;
}

/* ---- _search ---- */

#define SEARCHED "{\"took\":0,\"timed_out\":false," NO_SHARDS

static void begin_hits(struct call *call)
{
    if (call->json.len)
        return;
    text_format(&call->json,
                SEARCHED ",\"hits\":{\"total\":{\"value\":%llu,\"relation\":\"eq\"},"
                         "\"max_score\":null,\"hits\":[",
                (unsigned long long)call->ask.total);
}

static void add_sort_value(struct text *json, const struct searching *searching,
                           const struct row *row)
{
    const struct service_index *index = searching->query.index;
    struct instant instant;

    for (size_t i = 0; i < index->field_count; i++) {
        if (!str_equal(index->fields[i].name, index->sorted) || !row->values[1 + i].ptr ||
            instant_read(row->values[1 + i], &instant) != INSTANT_READ)
            continue;
        text_add(json, STR(",\"sort\":["));
        text_number(json, instant_millis(instant));
        text_byte(json, ']');
    }
}

static void add_hit(struct call *call, const struct searching *searching, const struct row *row)
{
    const struct service_index *index = searching->query.index;
    struct text *json = &call->json;

    text_byte(json, '{');
    service_add_names(json, index, row->id);
    text_add(json, STR(",\"_score\":null"));
    if (searching->with_version)
        service_add_version(json, service_version(row->values[0]));
    if (searching->with_source)
        service_add_source(json, index, row->values + 1, searching->only);
    if (searching->sorted)
        add_sort_value(json, searching, row);
    text_byte(json, '}');
}

static bool take_hits(struct ask *ask, const struct row *rows, size_t count)
{
    struct call *call = ask->taker;
    struct searching *searching = call->details;

    begin_hits(call);
    for (size_t i = 0; i < count; i++) {
        if (searching->printed++)
            text_byte(&call->json, ',');
        add_hit(call, searching, &rows[i]);
        if (call->json.len > call->options->answer_limit)
            return false;
    }
    return true;
}

static enum progress searched(struct call *call)
{
    begin_hits(call);
    text_add(&call->json, STR("]}}"));
    return respond(call, 200, text_str(&call->json));
}

enum progress service_search(struct call *call)
{
    struct searching *searching = begin(call);
    enum progress progress = read_query(call, searching);

    if (progress == GO_ON)
        progress = read_search(call, searching);
    if (progress != GO_ON)
        return progress;
    call->json = text_new(call->arena, 4096);
    return choose(call, searching, searching->query.index->field_count + 1, searched, take_hits);
}

/* ---- _count ---- */

static enum progress counted(struct call *call)
{
    return respond(call, 200,
                   arena_format(call->arena, "{\"count\":%llu," NO_SHARDS "}",
                                (unsigned long long)call->ask.total));
}

enum progress service_count(struct call *call)
{
    struct searching *searching = begin(call);
    enum progress progress = read_query(call, searching);

    return progress == GO_ON ? choose(call, searching, 1, counted, NULL) : progress;
}

/* ---- _delete_by_query ---- */

static bool take_ids(struct ask *ask, const struct row *rows, size_t count)
{
    struct call *call = ask->taker;
    struct searching *searching = call->details;

    for (size_t i = 0; i < count; i++)
        searching->ids[searching->printed++] = arena_copy(call->arena, rows[i].id);
    return true;
}

static enum progress deleted(struct call *call)
{
    unsigned long long count = call->ask.total;

    return respond(call, 200,
                   arena_format(call->arena,
                                "{\"took\":0,\"timed_out\":false,\"total\":%llu,\"deleted\":%llu,"
                                "\"batches\":1,\"version_conflicts\":0,\"noops\":0,"
                                "\"retries\":{\"bulk\":0,\"search\":0},\"throttled_millis\":0,"
                                "\"requests_per_second\":-1.0,\"throttled_until_millis\":0,"
                                "\"failures\":[]}",
                                count, count));
}

static enum progress found_to_delete(struct call *call)
{
    const struct searching *searching = call->details;

    if (call->ask.total > DELETED_MAX)
        return fail(call, 400, ILLEGAL_ARGUMENT,
                    "[%llu] documents fit, and at most %d are deleted at once",
                    (unsigned long long)call->ask.total, DELETED_MAX);
    ask_store(call, deleted);
    sync_job_delete_each(&call->ask, searching->ids, searching->printed);
    return ASKED;
}

enum progress service_delete_by_query(struct call *call)
{
    struct searching *searching = begin(call);
    enum progress progress = GO_ON;

    if (call->given[QUERY].presence != GIVEN)
        return fail(call, 400, ILLEGAL_ARGUMENT, "query is missing");
    progress = read_query(call, searching);
    if (progress != GO_ON)
        return progress;
    searching->size = DELETED_MAX;
    searching->ids = arena_take(call->arena, DELETED_MAX * sizeof *searching->ids);
    return choose(call, searching, 1, found_to_delete, take_ids);
}
