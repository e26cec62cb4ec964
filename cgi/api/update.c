/* update.c: the handler of all endpoints whose body is merged into a connector. */
#include "api/update.h"

#include "base/tree.h"
#include "store/connector.h"

enum progress fail_missing(struct call *call)
{
    return fail(call, 404, RESOURCE_NOT_FOUND, "connector [%.*s] not found", STR_ARGS(call->id));
}

/* What an update changes, and of what it must find unchanged. */
struct update {
    struct pair changes[MEMBERS_MAX];
    size_t change_count;
    struct pair expected[MEMBERS_MAX];
    size_t expected_count;
    /* The objects among it, which are merged with what is stored: */
    struct str object_names[MEMBERS_MAX];
    struct json_object *objects[MEMBERS_MAX];
    size_t object_count;
};

static step updated, merge_objects;

static enum progress read_objects(struct call *call)
{
    const struct update *update = call->details;

    ask_store(call, merge_objects);
    connector_read(&call->ask, call->id, update->object_names, update->object_count);
    return ASKED;
}

static enum progress write_changes(struct call *call)
{
    const struct update *update = call->details;

    ask_store(call, updated);
    connector_update(&call->ask, call->id, update->changes, update->change_count, update->expected,
                     update->expected_count);
    return ASKED;
}

static enum progress updated(struct call *call)
{
    switch (call->ask.outcome) {
    case MISSING:
        return fail_missing(call);
    case CHANGED:
        ((struct update *)call->details)->change_count -=
            ((struct update *)call->details)->object_count;
        return read_objects(call);
    case NOOP:
        return respond_result(call, STR("noop"));
    default:
        return respond_result(call, STR("updated"));
    }
}

/* The object that is to be stored: what is stored with what was sent merged into it. */
static struct str merge_object(struct call *call, struct str stored, struct json_object *sent)
{
    struct json_object *tree;

    if (!stored.ptr || !tree_parse(stored, call->arena, &tree) || !tree_is_object(tree))
        return tree_write(sent, call->arena);
    return tree_merge(tree, sent) ? tree_write(tree, call->arena) : stored;
}

static enum progress merge_objects(struct call *call)
{
    struct update *update = call->details;

    if (call->ask.outcome == MISSING)
        return fail_missing(call);
    update->expected_count = update->object_count;
    for (size_t i = 0; i < update->object_count; i++) {
        struct str name = update->object_names[i], stored = call->ask.rows->values[i];

        update->expected[i] = (struct pair){ name, stored };
        update->changes[update->change_count++] =
            (struct pair){ name, merge_object(call, stored, update->objects[i]) };
    }
    return write_changes(call);
}

enum progress update_connector(struct call *call)
{
    const struct form *form = call->route->form;
    struct update *update = arena_take(call->arena, sizeof *update);

    update->change_count = update->expected_count = update->object_count = 0;
    call->details = update;
    for (size_t i = 0; i < form->count; i++) {
        struct given given = call->given[i];
        struct str name = form->members[i].field->name;

        if (given.presence == ABSENT)
            continue;
        if (given.tree) {
            update->object_names[update->object_count] = name;
            update->objects[update->object_count++] = given.tree;
            continue;
        }
        update->changes[update->change_count++] = (struct pair){ name, given.text };
    }
    return update->object_count ? read_objects(call) : write_changes(call);
}
