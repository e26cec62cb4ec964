/* query.c: reads queries into nodes, and tests documents with them. */
#include "api/service/query.h"

#include <stdlib.h>

#include "base/instant.h"
#include "base/number.h"
#include "base/tree.h"

struct query_list {
    const struct query_node *nodes[QUERY_NODES_MAX];
    size_t count;
};

struct query_node {
    enum { NODE_ALL, NODE_WORDS, NODE_RANGE, NODE_BOOL } kind;
    const struct query_field *field;
    size_t value;      /* the place of the field among the tested ones */
    struct str *words; /* in order */
    size_t word_count;
    int64_t from, to; /* milliseconds, both included */
    const struct query_list *must, *must_not, *should;
    uint64_t least; /* how many of `should` must match */
};

/* ---- reading ---- */

struct reading {
    struct call *call;
    struct query *query;
    struct query_node *node;
    enum progress progress; /* GO_ON until something is wrong */
};

static bool refuse(struct reading *reading, const char *what, struct str name)
{
    if (reading->progress == GO_ON)
        reading->progress =
            fail(reading->call, 400, ILLEGAL_ARGUMENT, "[%.*s] %s, of the index [%.*s]",
                 STR_ARGS(name), what, STR_ARGS(reading->query->index->name));
    return false;
}

static const struct query_field *find_field(const struct service_index *index, struct str name)
{
    for (size_t i = 0; i < index->queried_count; i++)
        if (str_equal(index->queried[i].name, name))
            return &index->queried[i];
    return NULL;
}

/* Adds a field to the tested ones, and gives its place among them. */
static size_t place_of(struct query *query, struct str stored)
{
    size_t at = 0;

    while (at < query->field_count && !str_equal(query->fields[at], stored))
        at++;
    if (at == query->field_count)
        query->fields[query->field_count++] = stored;
    return at;
}

static bool set_field(struct reading *reading, struct str name, bool of_times)
{
    struct query_node *node = reading->node;

    node->field = find_field(reading->query->index, name);
    if (!node->field || (node->field->kind == QUERY_TIME) != of_times)
        return refuse(reading,
                      of_times ? "is no field that a range may be of"
                               : "is no field that words are looked for in",
                      name);
    if (node->field->kind != QUERY_ID)
        node->value = place_of(reading->query, node->field->stored);
    return true;
}

static struct query_node *new_node(struct reading *reading)
{
    if (reading->query->node_count++ == QUERY_NODES_MAX) {
        if (reading->progress == GO_ON)
            reading->progress = fail(reading->call, 400, ILLEGAL_ARGUMENT,
                                     "a query may hold at most %d queries", QUERY_NODES_MAX);
        return NULL;
    }
    return arena_take_cleared(reading->call->arena, sizeof(struct query_node));
}

/* ---- words ---- */

static int by_text(const void *left, const void *right)
{
    return str_compare(*(const struct str *)left, *(const struct str *)right);
}

static bool add_word(struct reading *reading, struct json_object *value)
{
    struct query_node *node = reading->node;

    if (!value || tree_is_object(value) || tree_is_array(value))
        return refuse(reading, "must be compared with a string or a boolean", node->field->name);
    node->words[node->word_count++] = arena_copy(reading->call->arena, tree_text(value));
    return true;
}

static void sort_words(struct query_node *node)
{
    size_t kept = 0;

    if (node->word_count)
        qsort(node->words, node->word_count, sizeof *node->words, by_text);
    for (size_t i = 0; i < node->word_count; i++)
        if (!kept || !str_equal(node->words[kept - 1], node->words[i]))
            node->words[kept++] = node->words[i];
    node->word_count = kept;
}

/* {"field": word}, or {"field": {"value": word}}; a match has "query" instead of "value". */
static bool read_word(struct reading *reading, struct str name, struct json_object *value,
                      const char *inner)
{
    struct query_node *node = reading->node;

    if (!set_field(reading, name, false))
        return false;
    if (tree_is_object(value)) {
        if (!tree_has(value, inner) || tree_member_count(value) > 1)
            return refuse(reading, "is asked for with options that are not known here", name);
        value = tree_member(value, inner);
    }
    node->kind = NODE_WORDS;
    node->words = arena_take(reading->call->arena, sizeof *node->words);
    return add_word(reading, value);
}

static bool read_term(void *context, struct str name, struct json_object *value)
{
    return read_word(context, name, value, "value");
}

static bool read_match(void *context, struct str name, struct json_object *value)
{
    return read_word(context, name, value, "query");
}

static bool read_terms(void *context, struct str name, struct json_object *value)
{
    struct reading *reading = context;
    struct query_node *node = reading->node;
    size_t count = tree_is_array(value) ? tree_length(value) : 0;

    if (!set_field(reading, name, false))
        return false;
    if (!tree_is_array(value))
        return refuse(reading, "must be compared with a list", name);
    node->kind = NODE_WORDS;
    node->words = arena_take(reading->call->arena, (count + 1) * sizeof *node->words);
    for (size_t i = 0; i < count; i++)
        if (!add_word(reading, tree_element(value, i)))
            return false;
    sort_words(node);
    return true;
}

/* ---- ranges ---- */

/* The milliseconds of "now", "now-90s" and the like, or of a datetime with its time of day. */
static bool read_moment(struct str text, int64_t *millis)
{
    static const char units[] = "smhd";
    static const int64_t lengths[] = { 1000, 60000, 3600000, 86400000 };
    struct instant now = instant_now(), instant;
    const char *unit;
    uint64_t number;

    *millis = instant_millis(now);
    if (str_equal(text, STR("now")))
        return true;
    if (str_starts(text, STR("now-")) && text.len > STR("now-").len + 1) {
        unit = memchr(units, text.ptr[text.len - 1], sizeof units - 1);
        text = str_from_offset(text, STR("now-").len);
        text.len--;
        if (!unit || number_count(text, INT32_MAX, &number) != NUMBER_READ)
            return false;
        *millis -= (int64_t)number * lengths[unit - units];
        return true;
    }
    if (!text.len || !memchr(text.ptr, 'T', text.len) ||
        instant_read(text, &instant) != INSTANT_READ)
        return false;
    *millis = instant_millis(instant);
    return true;
}

static bool read_bound(void *context, struct str name, struct json_object *value)
{
    struct reading *reading = context;
    struct query_node *node = reading->node;
    int64_t millis;

    if (!value || !tree_is_string(value) || !read_moment(tree_text(value), &millis))
        return refuse(reading, "of a range must be \"now\", \"now-300s\" or a datetime", name);
    if (str_equal(name, STR("lte")))
        node->to = millis;
    else if (str_equal(name, STR("lt")))
        node->to = millis - (millis > INT64_MIN);
    else if (str_equal(name, STR("gte")))
        node->from = millis;
    else if (str_equal(name, STR("gt")))
        node->from = millis + (millis < INT64_MAX);
    else
        return refuse(reading, "of a range is not known here", name);
    return true;
}

static bool read_range(void *context, struct str name, struct json_object *value)
{
    struct reading *reading = context;
    struct query_node *node = reading->node;

    if (!set_field(reading, name, true))
        return false;
    if (!tree_is_object(value))
        return refuse(reading, "must have a range that is an object", name);
    node->kind = NODE_RANGE;
    node->from = INT64_MIN;
    node->to = INT64_MAX;
    return tree_each(value, read_bound, reading);
}

/* ---- bool ---- */

static const struct query_node *read_node(struct reading *reading, struct json_object *tree);

/* Adds a query, or a list of queries, to the list. */
static bool read_list(struct reading *reading, struct json_object *tree,
                      const struct query_list **kept)
{
    struct query_list *list = arena_take_cleared(reading->call->arena, sizeof *list);
    size_t count = tree_is_array(tree) ? tree_length(tree) : 1;

    if (*kept)
        *list = **kept;
    for (size_t i = 0; i < count; i++) {
        const struct query_node *node =
            read_node(reading, tree_is_array(tree) ? tree_element(tree, i) : tree);

        if (!node)
            return false;
        list->nodes[list->count++] = node;
    }
    *kept = list;
    return true;
}

static bool read_clause(void *context, struct str name, struct json_object *value)
{
    struct reading *reading = context;
    struct query_node *node = reading->node;
    bool good;

    if (str_equal(name, STR("must")) || str_equal(name, STR("filter")))
        good = read_list(reading, value, &node->must);
    else if (str_equal(name, STR("must_not")))
        good = read_list(reading, value, &node->must_not);
    else if (str_equal(name, STR("should")))
        good = read_list(reading, value, &node->should);
    else if (str_equal(name, STR("minimum_should_match")))
        good = (value &&
                number_count(tree_text(value), QUERY_NODES_MAX, &node->least) == NUMBER_READ) ||
               refuse(reading, "must be a number", name);
    else
        good = refuse(reading, "is no clause of bool that is known here", name);
    reading->node = node;
    return good;
}

static size_t length(const struct query_list *list)
{
    return list ? list->count : 0;
}

/* A bool without queries fits all. */
static bool read_bool(struct reading *reading, struct json_object *tree)
{
    struct query_node *node = reading->node;

    node->kind = NODE_BOOL;
    if (!tree_each(tree, read_clause, reading))
        return false;
    if (!length(node->must) && !length(node->must_not) && !length(node->should))
        node->kind = NODE_ALL;
    if (length(node->should) && !length(node->must) && !tree_has(tree, "minimum_should_match"))
        node->least = 1;
    return true;
}

/* ---- any query ---- */

struct kind_row {
    struct str name;
    bool (*read)(void *context, struct str name, struct json_object *value); /* of its one field */
};

static const struct kind_row kinds[] = {
    { STR_ROW("term"), read_term },
    { STR_ROW("terms"), read_terms },
    { STR_ROW("match"), read_match },
    { STR_ROW("range"), read_range },
};

/* Reads the value after the name of a query. */
static bool read_kind(void *context, struct str name, struct json_object *value)
{
    struct reading *reading = context;

    if (!tree_is_object(value))
        return refuse(reading, "must hold an object", name);
    if (str_equal(name, STR("bool")))
        return read_bool(reading, value);
    if (str_equal(name, STR("match_all")))
        return tree_member_count(value) == 0 || refuse(reading, "must be empty", name);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (!str_equal(name, kinds[i].name))
            continue;
        if (tree_member_count(value) != 1)
            return refuse(reading, "must name one field", name);
        return tree_each(value, kinds[i].read, reading);
    }
    return refuse(reading,
                  "is a query that is not known here, but only bool, term, terms, match, "
                  "match_all and range are",
                  name);
}

static const struct query_node *read_node(struct reading *reading, struct json_object *tree)
{
    struct query_node *node = new_node(reading);

    if (!node)
        return NULL;
    reading->node = node;
    if (!tree_is_object(tree) || tree_member_count(tree) != 1) {
        (void)refuse(reading, "must be an object with one query", STR("query"));
        return NULL;
    }
    return tree_each(tree, read_kind, reading) ? node : NULL;
}

enum progress query_read(struct call *call, struct json_object *tree, struct query *query)
{
    struct reading reading = { .call = call, .query = query, .progress = GO_ON };

    query->root = NULL;
    if (tree)
        query->root = read_node(&reading, tree);
    if (query->root && query->root->kind == NODE_ALL)
        query->root = NULL;
    return reading.progress;
}

/* ---- judging ---- */

/* A document that is tested, and what was read of the snapshot in it. */
struct judging {
    const struct query *query;
    const struct row *row;
    struct arena *arena;
    bool known[QUERIED_MAX];
    struct str texts[QUERIED_MAX];
};

static bool has_word(const struct query_node *node, struct str word)
{
    return node->word_count && bsearch(&word, node->words, node->word_count, sizeof word, by_text);
}

/* Gives the text of a member of a snapshot, which may be long; absent if it has no such text. */
static struct str read_member(struct str snapshot, struct str name, struct arena *arena)
{
    struct json_reader reader;

    json_open(&reader, snapshot, (struct json_budget){ JSON_DEPTH_MAX, (unsigned)-1 }, arena);
    if (json_next(&reader) != JSON_OBJECT)
        return (struct str){ NULL, 0 };
    while (json_next(&reader) == JSON_KEY) {
        bool wanted = str_equal(reader.text, name);
        enum json_token token = json_next(&reader);

        if (wanted && token == JSON_STRING)
            return reader.text;
        if (wanted || !json_skip(&reader))
            break;
    }
    return (struct str){ NULL, 0 };
}

/* Reads each member once, however many queries are about it. */
static struct str snapshot_text(struct judging *judging, const struct query_node *node)
{
    size_t at = (size_t)(node->field - judging->query->index->queried);
    struct str stored = judging->row->values[node->value];

    if (!judging->known[at] && stored.ptr)
        judging->texts[at] = read_member(
            stored, str_from_offset(node->field->name, STR("connector.").len), judging->arena);
    judging->known[at] = true;
    return judging->texts[at];
}

/* Gives the text of a field of words; absent if there is none. */
static struct str word_of(struct judging *judging, const struct query_node *node)
{
    switch (node->field->kind) {
    case QUERY_ID:
        return judging->row->id;
    case QUERY_SNAPSHOT:
        return snapshot_text(judging, node);
    default:
        return judging->row->values[node->value];
    }
}

static bool is_in_range(const struct query_node *node, struct str stored)
{
    struct instant instant;
    int64_t millis;

    if (!stored.ptr || instant_read(stored, &instant) != INSTANT_READ)
        return false;
    millis = instant_millis(instant);
    return millis >= node->from && millis <= node->to;
}

static bool node_fits(struct judging *judging, const struct query_node *node);

static size_t count_fitting(struct judging *judging, const struct query_list *list)
{
    size_t fitting = 0;

    for (size_t i = 0; i < length(list); i++)
        fitting += node_fits(judging, list->nodes[i]);
    return fitting;
}

static bool bool_fits(struct judging *judging, const struct query_node *node)
{
    return count_fitting(judging, node->must) == length(node->must) &&
           count_fitting(judging, node->must_not) == 0 &&
           count_fitting(judging, node->should) >= node->least;
}

static bool node_fits(struct judging *judging, const struct query_node *node)
{
    struct str word;

    switch (node->kind) {
    case NODE_WORDS:
        word = word_of(judging, node);
        return word.ptr && has_word(node, word);
    case NODE_RANGE:
        return is_in_range(node, judging->row->values[node->value]);
    case NODE_BOOL:
        return bool_fits(judging, node);
    default:
        return true;
    }
}

bool query_fits(const void *context, const struct row *row, struct arena *arena)
{
    struct judging judging = { .query = context, .row = row, .arena = arena };

    return !judging.query->root || node_fits(&judging, judging.query->root);
}

/* ---- what must be ---- */

static const struct query_node *find_words(const struct query_node *node, struct str field)
{
    const struct query_node *found = NULL;

    if (node->kind == NODE_WORDS && str_equal(node->field->name, field))
        return node;
    if (node->kind != NODE_BOOL || !node->must)
        return NULL;
    for (size_t i = 0; !found && i < node->must->count; i++)
        found = find_words(node->must->nodes[i], field);
    return found;
}

bool query_words(const struct query *query, struct str field, const struct str **words,
                 size_t *count)
{
    const struct query_node *found = query->root ? find_words(query->root, field) : NULL;

    if (!found)
        return false;
    *words = found->words;
    *count = found->word_count;
    return true;
}
