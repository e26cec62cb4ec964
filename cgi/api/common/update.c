/* update.c: reads, decides and writes; again, if another request wrote in between. */
#include "api/common/update.h"

#include "base/tree.h"

enum { CHANGES_MAX = MEMBERS_MAX + 4 };

/* The changes of an update, and the values that its decision depends on. */
struct update {
    const struct subject *subject;
    struct str id;
    update_writer *writer; /* writes instead of the subject, unless NULL */
    step *then;            /* runs after the write, instead of an answer */
    void *state;
    struct pair changes[CHANGES_MAX];
    size_t change_count;
    size_t set_before; /* how many of the changes do not depend on stored values */
    struct str names[MEMBERS_MAX];
    struct pair expected[MEMBERS_MAX];
    size_t name_count;
    decide *decider;
    enum update_kind kind;
    struct json_object *objects[MEMBERS_MAX]; /* of update_document: to be merged, by `names` */
};

static const struct subject *subject_of(const struct call *call)
{
    return call->route->subject ? call->route->subject : &connector_subject;
}

static enum progress fail_missing_one(struct call *call, const struct subject *subject,
                                      struct str id)
{
    return fail(call, 404, subject->missing, "%.*s%.*s%.*s", STR_ARGS(subject->before_id),
                STR_ARGS(id), STR_ARGS(subject->behind_id));
}

enum progress fail_missing(struct call *call)
{
    return fail_missing_one(call, subject_of(call), call->id);
}

void complain_of_id(struct call *call, struct complaints *complaints)
{
    if (!call->id.len)
        complain(call, complaints, subject_of(call)->nameless);
}

enum progress check_id_and(struct call *call, bool good, struct str message)
{
    struct complaints complaints = { .count = 0 };

    complain_of_id(call, &complaints);
    if (!good)
        complain(call, &complaints, message);
    return fail_if_any(call, &complaints);
}

enum progress check_id(struct call *call)
{
    return check_id_and(call, true, STR(""));
}

enum progress fail_taken(struct call *call, struct str index_name)
{
    return fail(call, 400, STATUS, "Index name [%.*s] is used by another connector.",
                STR_ARGS(index_name));
}

void update_begin(struct call *call)
{
    struct update *update = arena_take(call->arena, sizeof *update);

    update->subject = subject_of(call);
    update->id = call->id;
    update->writer = NULL;
    update->then = NULL;
    update->change_count = update->set_before = update->name_count = 0;
    update->decider = NULL;
    update->kind = MERGE;
    call->details = update;
}

void update_through(struct call *call, update_writer *writer, step *then, void *state)
{
    struct update *update = call->details;

    update->writer = writer;
    update->then = then;
    update->state = state;
}

void *update_state(struct call *call)
{
    return ((struct update *)call->details)->state;
}

void update_always(struct call *call)
{
    call->changed = true;
}

void update_set(struct call *call, const struct field *field, struct str value)
{
    update_set_own(call, field->name, value);
}

void update_set_own(struct call *call, struct str name, struct str value)
{
    struct update *update = call->details;

    update->changes[update->change_count++] = (struct pair){ name, value };
}

void update_is(struct call *call, enum update_kind kind)
{
    ((struct update *)call->details)->kind = kind;
}

static step after_read, after_write;

static enum progress read_fields(struct call *call)
{
    struct update *update = call->details;

    update->change_count = update->set_before;
    ask_store(call, after_read);
    update->subject->read(&call->ask, update->id, update->names, update->name_count);
    return ASKED;
}

enum progress update_write(struct call *call)
{
    const struct update *update = call->details;

    ask_store(call, after_write);
    if (update->writer)
        update->writer(call, update->changes, update->change_count, update->expected,
                       update->name_count);
    else
        update->subject->write(&call->ask, update->id, update->kind, update->changes,
                               update->change_count, update->expected, update->name_count);
    return ASKED;
}

static enum progress after_write(struct call *call)
{
    const struct update *update = call->details;

    switch (call->ask.outcome) {
    case MISSING:
        return fail_missing_one(call, update->subject, update->id);
    case CHANGED:
        return read_fields(call);
    case NOOP:
        break;
    default:
        call->changed = true;
        break;
    }
    if (update->then)
        return update->then(call);
    return respond_result(call, call->changed ? STR("updated") : STR("noop"));
}

static enum progress after_read(struct call *call)
{
    struct update *update = call->details;
    const struct row *row = call->ask.rows;
    enum progress progress;

    if (call->ask.outcome == MISSING || row->deleted)
        return fail_missing_one(call, update->subject, update->id);
    for (size_t i = 0; i < update->name_count; i++)
        update->expected[i] = (struct pair){ update->names[i], row->values[i] };
    progress = update->decider(call, row->values);
    return progress == GO_ON ? update_write(call) : progress;
}

enum progress update_by(struct call *call, const struct field *const *fields, size_t count,
                        decide *decider)
{
    struct update *update = call->details;

    for (size_t i = 0; i < count; i++)
        update->names[i] = fields[i]->name;
    update->name_count = count;
    update->set_before = update->change_count;
    update->decider = decider;
    return read_fields(call);
}

struct str update_merged(struct call *call, struct str stored, struct json_object *sent)
{
    struct json_object *tree;

    if (!stored.ptr || !tree_parse(stored, call->arena, &tree))
        return tree_write(sent, call->arena);
    if (tree_is_object(sent) && tree_is_object(tree))
        return tree_merge(tree, sent) ? tree_write(tree, call->arena) : stored;
    return tree_equal(tree, sent) ? stored : tree_write(sent, call->arena);
}

static bool has_more_members(struct call *call, struct str json, unsigned limit)
{
    struct json_reader reader;

    json_open(&reader, json, (struct json_budget){ JSON_DEPTH_MAX, limit }, call->arena);
    while (json_next(&reader) != JSON_NOTHING && reader.token != JSON_FAULT)
        continue;
    return reader.token == JSON_FAULT && reader.fault == JSON_EXCESSIVE;
}

enum progress update_check_size(struct call *call, struct str name, struct str stored,
                                struct str object)
{
    size_t limit = call->options->body_limit;
    unsigned members = call->options->budget.members;

    if (str_equal(stored, object))
        return GO_ON;
    if (object.len > limit)
        return fail(call, 400, ILLEGAL_ARGUMENT,
                    "[%.*s] would be stored with %zu bytes, and at most %zu are allowed",
                    STR_ARGS(name), object.len, limit);
    if (has_more_members(call, object, members))
        return fail(call, 400, ILLEGAL_ARGUMENT,
                    "[%.*s] would be stored with more members and elements than the %u that are "
                    "allowed",
                    STR_ARGS(name), members);
    return GO_ON;
}

static enum progress set_object(struct call *call, struct str name, struct str stored,
                                struct str object)
{
    update_set_own(call, name, object);
    return update_check_size(call, name, stored, object);
}

enum progress update_set_object(struct call *call, const struct field *field, struct str stored,
                                struct str object)
{
    return set_object(call, field->name, stored, object);
}

static enum progress merge_objects(struct call *call, const struct str *stored)
{
    struct update *update = call->details;
    enum progress progress = GO_ON;

    for (size_t i = 0; i < update->name_count && progress == GO_ON; i++)
        progress = set_object(call, update->names[i], stored[i],
                              update_merged(call, stored[i], update->objects[i]));
    return progress;
}

enum progress update_document(struct call *call)
{
    update_begin(call);
    return update_by_body(call);
}

enum progress update_by_body(struct call *call)
{
    const struct form *form = call->route->form;
    const struct field *objects[MEMBERS_MAX];
    struct update *update = call->details;
    size_t object_count = 0;

    for (size_t i = 0; i < form->count; i++) {
        const struct member *member = &form->members[i];
        struct given given = call->given[i];

        if (given.presence == ABSENT || (given.presence == NULLED && (member->flags & IGNORE_NULL)))
            continue;
        if (given.tree) {
            update->objects[object_count] = given.tree;
            objects[object_count++] = member->field;
        } else {
            update_set(call, member->field, given.text);
        }
    }
    return object_count ? update_by(call, objects, object_count, merge_objects)
                        : update_write(call);
}
