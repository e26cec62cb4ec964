/* filtering.c: the endpoints of a connector's filtering (API, sections 6.6 - 6.8): a draft that is
 * edited, validated by the connector service, and activated. */
#include "api/common/fields.h"
#include "api/common/routes.h"
#include "api/common/update.h"
#include "base/instant.h"
#include "base/number.h"
#include "base/text.h"
#include "base/tree.h"

/* clang-format off */

enum { GIVEN_FILTERING, GIVEN_SNIPPET, GIVEN_RULES };

static const struct field snippet    = { STR_ROW("advanced_snippet"), RECORD,  .form = &advanced_snippet_form };
static const struct field rules      = { STR_ROW("rules"),            RECORDS, .form = &rule_form };
static const struct field validation = { STR_ROW("validation"),       RECORD,  .form = &validation_form };

static const struct member filtering_members[] = {
    [GIVEN_FILTERING] = { &connector_fields[FILTERING], IGNORE_NULL },
    [GIVEN_SNIPPET]   = { &snippet,                     IGNORE_NULL },
    [GIVEN_RULES]     = { &rules,                       IGNORE_NULL },
};
static const struct form filtering_form = {
    STR_ROW("connector_update_filtering_request"), filtering_members, COUNT_OF(filtering_members)
};

static const struct member validation_members[] = { { &validation, REQUIRED } };
static const struct form validation_request_form = {
    STR_ROW("connector_update_filtering_validation"), validation_members, COUNT_OF(validation_members)
};

static step change_filtering, change_validation, activate, check_filtering;

static const struct route routes[] = {
    { PUT, STR_ROW("/_connector/{connector_id}/_filtering"),             change_filtering,  &filtering_form,          .validate = check_filtering, .action = "update_filtering" },
    { PUT, STR_ROW("/_connector/{connector_id}/_filtering/_validation"), change_validation, &validation_request_form, .validate = check_id, .action = "update_filtering/draft_validation" },
    { PUT, STR_ROW("/_connector/{connector_id}/_filtering/_activate"),   activate,          .validate = check_id, .action = "update_filtering/activate" },
};

/* clang-format on */

const struct route_table filtering_routes = { routes, COUNT_OF(routes),
                                              .first = STR_ROW("_connector") };

static const struct field *const filtering_alone[] = { &connector_fields[FILTERING] };

static bool is_given(const struct call *call, unsigned member)
{
    return call->given[member].presence == GIVEN;
}

static enum progress check_filtering(struct call *call)
{
    bool whole = is_given(call, GIVEN_FILTERING);
    bool part = is_given(call, GIVEN_SNIPPET) || is_given(call, GIVEN_RULES);

    return check_id_and(call, whole != part,
                        whole ? STR("If [filtering] is specified, [rules] and "
                                    "[advanced_snippet] should not be present in the request "
                                    "body.")
                              : STR("[advanced_snippet] and [rules] cannot be both [null]."));
}

/* ---- what is stored ---- */

/* The stored filtering as a tree, and the draft and the active part of its first element. */
struct filtering {
    struct json_object *tree, *first, *draft, *active;
};

static bool read_filtering(struct call *call, struct str stored, struct filtering *filtering)
{
    if (!stored.ptr || !tree_parse(stored, call->arena, &filtering->tree))
        return false;
    filtering->first = tree_element(filtering->tree, 0);
    filtering->draft = tree_member(filtering->first, "draft");
    filtering->active = tree_member(filtering->first, "active");
    return tree_is_object(filtering->draft);
}

/* After `_filtering` with an empty array there is nothing that the other endpoints could change. */
static enum progress fail_empty(struct call *call)
{
    return fail(call, 400, STATUS, "connector [%.*s] has no filtering to change",
                STR_ARGS(call->id));
}

/* Keeps the stored text of an equal value, so the write changes nothing. */
static void set_part(struct json_object *draft, struct str name, struct json_object *value)
{
    if (!tree_equal(tree_member(draft, name.ptr), value))
        tree_set(draft, name, value);
}

static enum progress set_filtering(struct call *call, struct str stored, struct json_object *tree)
{
    return update_set_object(call, &connector_fields[FILTERING], stored,
                             tree_write(tree, call->arena));
}

/* ---- rules: in their order, the default rule last ---- */

static bool has_text(struct json_object *rule, const char *name, struct str text)
{
    return str_equal(tree_text(tree_member(rule, name)), text);
}

static bool is_default_rule(struct json_object *rule)
{
    return has_text(rule, "field", STR("_")) && has_text(rule, "id", STR("DEFAULT")) &&
           has_text(rule, "policy", STR("include")) && has_text(rule, "rule", STR("regex")) &&
           has_text(rule, "value", STR(".*"));
}

static int64_t order_of(struct json_object *rule)
{
    int64_t order = 0;

    (void)number_truncate(tree_text(tree_member(rule, "order")), &order);
    return order;
}

struct ordered_rule {
    int64_t order;
    struct json_object *tree;
};

/* Inserts a rule into the sorted list, after those of the same or a lower order. */
static void insert_rule(struct ordered_rule *list, size_t *count, struct json_object *tree)
{
    struct ordered_rule rule = { order_of(tree), tree };
    size_t at = (*count)++;

    for (; at > 0 && list[at - 1].order > rule.order; at--)
        list[at] = list[at - 1];
    list[at] = rule;
}

static struct json_object *default_rule(struct call *call, struct json_object *removed,
                                        int64_t order)
{
    struct json_object *rule = tree_new(
        arena_format(call->arena,
                     "{\"created_at\":null,\"field\":\"_\",\"id\":\"DEFAULT\",\"order\":%lld,"
                     "\"policy\":\"include\",\"rule\":\"regex\",\"updated_at\":null,"
                     "\"value\":\".*\"}",
                     (long long)order),
        call->arena);
    struct json_object *time =
        removed ? tree_member(removed, "created_at")
                : tree_new_string(instant_write(instant_now(), call->arena), call->arena);

    tree_set(rule, STR("created_at"), time);
    tree_set(rule, STR("updated_at"), time);
    return rule;
}

/* An order that would leave 32 bits could not be sent back. */
static int64_t order_behind(int64_t order)
{
    return order < INT32_MAX ? order + 1 : INT32_MAX;
}

static struct json_object *arrange_rules(struct call *call, struct json_object *given)
{
    size_t length = tree_length(given), count = 0;
    struct ordered_rule *list = arena_take(call->arena, (length + 1) * sizeof *list);
    struct json_object *removed = NULL, *arranged = tree_new_array(call->arena);

    for (size_t i = 0; i < length; i++) {
        struct json_object *rule = tree_element(given, i);

        if (is_default_rule(rule))
            removed = rule;
        else
            insert_rule(list, &count, rule);
    }
    for (size_t i = 0; i < count; i++)
        tree_append(arranged, list[i].tree);
    tree_append(arranged,
                default_rule(call, removed, count ? order_behind(list[count - 1].order) : 0));
    return arranged;
}

/* ---- handlers ---- */

static enum progress decide_draft(struct call *call, const struct str *stored)
{
    struct filtering filtering;

    if (!read_filtering(call, stored[0], &filtering))
        return fail_empty(call);
    if (is_given(call, GIVEN_SNIPPET))
        set_part(filtering.draft, snippet.name, call->given[GIVEN_SNIPPET].tree);
    if (is_given(call, GIVEN_RULES))
        set_part(filtering.draft, rules.name, arrange_rules(call, call->given[GIVEN_RULES].tree));
    set_part(filtering.draft, validation.name,
             tree_new(STR("{\"errors\":[],\"state\":\"edited\"}"), call->arena));
    return set_filtering(call, stored[0], filtering.tree);
}

static enum progress change_filtering(struct call *call)
{
    if (is_given(call, GIVEN_FILTERING))
        return update_document(call); /* the one field that is stored as it is sent */
    update_begin(call);
    return update_by(call, filtering_alone, COUNT_OF(filtering_alone), decide_draft);
}

static enum progress decide_validation(struct call *call, const struct str *stored)
{
    struct filtering filtering;

    if (!read_filtering(call, stored[0], &filtering))
        return fail_empty(call);
    set_part(filtering.draft, validation.name, call->given[0].tree);
    return set_filtering(call, stored[0], filtering.tree);
}

static enum progress change_validation(struct call *call)
{
    update_begin(call);
    return update_by(call, filtering_alone, COUNT_OF(filtering_alone), decide_validation);
}

static enum progress decide_activation(struct call *call, const struct str *stored)
{
    struct filtering filtering;
    struct str state;

    if (!read_filtering(call, stored[0], &filtering))
        return fail_empty(call);
    state = tree_text(tree_member(tree_member(filtering.draft, "validation"), "state"));
    if (!str_equal(state, STR("valid")))
        return fail(call, 400, STATUS,
                    "Filtering draft needs to be validated by the connector service before "
                    "activation. Current filtering draft validation state [%.*s] is not equal to "
                    "[valid].",
                    STR_ARGS(state));
    if (tree_equal(filtering.active, filtering.draft))
        return GO_ON;
    tree_set(filtering.first, STR("active"), filtering.draft);
    return set_filtering(call, stored[0], filtering.tree);
}

static enum progress activate(struct call *call)
{
    update_begin(call);
    return update_by(call, filtering_alone, COUNT_OF(filtering_alone), decide_activation);
}
