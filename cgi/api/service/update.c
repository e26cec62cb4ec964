/* update.c: documents in bodies, and _update, with which the service does most of its writes. */
#include "api/service/service.h"

#include "base/json.h"
#include "base/tree.h"

/* clang-format off */

enum { IF_SEQ_NO, IF_PRIMARY_TERM, REFRESH, RETRY_ON_CONFLICT };

const struct parameter_row service_update_parameters[SERVICE_UPDATE_PARAMETERS] = {
    [IF_SEQ_NO]         = { STR_ROW("if_seq_no"),         COUNT },
    [IF_PRIMARY_TERM]   = { STR_ROW("if_primary_term"),   COUNT },
    [REFRESH]           = { STR_ROW("refresh"),           TEXT },
    [RETRY_ON_CONFLICT] = { STR_ROW("retry_on_conflict"), COUNT }, /* without a condition there is no conflict */
};

/* How a change of a field is written: by a report of a sync; by a touch, as a sign of life, or a
 * report; by a merge, because it is secret or lists show it; or by any. Some have endpoints of their
 * own, as other fields depend on them. */
enum manner { BY_ANY, BY_REPORT, BY_TOUCH, BY_MERGE, BY_ENDPOINT };

static const unsigned char connector_manners[CONNECTOR_FIELDS] = {
    [API_KEY_ID] = BY_MERGE,    [API_KEY_SECRET_ID] = BY_MERGE, [CONFIGURATION] = BY_MERGE,
    [NAME] = BY_MERGE,          [DESCRIPTION] = BY_MERGE,       [SERVICE_TYPE] = BY_MERGE,
    [INDEX_NAME] = BY_ENDPOINT, [SCHEDULING] = BY_ENDPOINT,     [IS_DELETED] = BY_ENDPOINT,
    [LAST_SEEN] = BY_TOUCH,
    [LAST_SYNC_STATUS] = BY_REPORT,            [LAST_ACCESS_CONTROL_SYNC_STATUS] = BY_REPORT,
    [LAST_SYNC_ERROR] = BY_REPORT,             [LAST_ACCESS_CONTROL_SYNC_ERROR] = BY_REPORT,
    [LAST_SYNCED] = BY_REPORT,                 [SYNC_CURSOR] = BY_REPORT,
    [LAST_INDEXED_DOCUMENT_COUNT] = BY_REPORT, [LAST_DELETED_DOCUMENT_COUNT] = BY_REPORT,
    [LAST_SYNC_SCHEDULED_AT] = BY_REPORT,      [LAST_INCREMENTAL_SYNC_SCHEDULED_AT] = BY_REPORT,
    [LAST_ACCESS_CONTROL_SYNC_SCHEDULED_AT] = BY_REPORT,
};

/* A job's places in lists depend on these fields, so they cannot change. */
static const unsigned char sync_job_manners[SYNC_JOB_FIELDS] = {
    [JOB_TYPE] = BY_ENDPOINT, [JOB_CREATED_AT] = BY_ENDPOINT,
};

/* The fields that a document must have. */
static const struct str never_null[] = {
    STR_ROW("connector"), STR_ROW("created_at"), STR_ROW("deleted"), STR_ROW("job_type"),
};

/* clang-format on */

/* ---- documents ---- */

static bool may_be_null(const struct service_index *index, size_t field)
{
    if (index == &sync_job_index && field == JOB_STATUS)
        return false;
    for (size_t i = 0; i < COUNT_OF(never_null); i++)
        if (str_equal(index->fields[field].name, never_null[i]))
            return false;
    return true;
}

/* Objects are kept as they were sent, unlike in the API; but schedules are checked, as a
 * connector's state depends on them. */
static const struct field *as_sent(struct call *call, const struct field *field)
{
    struct field *sent;

    if (field->kind != MAP && field->kind != RECORD && field->kind != RECORDS)
        return field;
    if (field == &connector_fields[SCHEDULING])
        return field;
    sent = arena_take_cleared(call->arena, sizeof *sent);
    sent->name = field->name;
    sent->kind = field->kind == RECORDS ? OBJECT_OR_LIST : OBJECT;
    return sent;
}

/* The members that a document may have besides its fields. The command line writes a connector's
 * time of creation, which nobody reads; and a service that does not claim jobs by the API writes
 * the cursor. */
static const struct field created_at = { STR_ROW("created_at"), ANY };
static const struct field updated_at = { STR_ROW("updated_at"), ANY };
static const struct field claimed_cursor = { STR_ROW("connector.sync_cursor"), OBJECT };

enum { CONNECTOR_CREATED_AT = CONNECTOR_FIELDS, CONNECTOR_UPDATED_AT, CONNECTOR_MEMBERS };
enum { JOB_CLAIMED_CURSOR = SYNC_JOB_FIELDS, JOB_MEMBERS };

_Static_assert((int)CONNECTOR_MEMBERS <= (int)MEMBERS_MAX,
               "MEMBERS_MAX (api/common/body.h) is too small for a whole connector");

static struct form document_form(struct call *call, const struct service_index *index)
{
    struct member *members = arena_take_cleared(call->arena, MEMBERS_MAX * sizeof *members);

    for (size_t i = 0; i < index->field_count; i++) {
        members[i].field = as_sent(call, &index->fields[i]);
        members[i].flags = may_be_null(index, i) ? NULLABLE : 0;
    }
    if (index == &connector_index) {
        members[CONNECTOR_CREATED_AT] = (struct member){ &created_at, NULLABLE };
        members[CONNECTOR_UPDATED_AT] = (struct member){ &updated_at, NULLABLE };
        return (struct form){ index->name, members, CONNECTOR_MEMBERS };
    }
    members[JOB_CLAIMED_CURSOR] = (struct member){ &claimed_cursor, NULLABLE };
    return (struct form){ index->name, members, JOB_MEMBERS };
}

/* Moves the cursor of a claim to its place in the job. */
static void move_cursor(struct call *call, struct given *given)
{
    struct given *connector = &given[JOB_CONNECTOR];

    if (given[JOB_CLAIMED_CURSOR].presence != GIVEN)
        return;
    if (connector->presence != GIVEN)
        *connector = (struct given){ .presence = GIVEN, .tree = tree_new_object(call->arena) };
    tree_set(connector->tree, STR("sync_cursor"), given[JOB_CLAIMED_CURSOR].tree);
}

enum progress service_read_document(struct call *call, struct str document, struct given *given)
{
    const struct service_index *index = service_index(call);
    struct form form = document_form(call, index);
    const struct problem *problem =
        body_read(document, &form, call->options->budget, call->arena, given);

    if (problem)
        return fail_with(call, problem);
    for (size_t i = 0; i < index->field_count; i++)
        if (index->fields[i].kind == RECORDS && given[i].presence == GIVEN &&
            !tree_is_array(given[i].tree))
            return fail(call, 400, ILLEGAL_ARGUMENT, "[%.*s] must be a list",
                        STR_ARGS(index->fields[i].name));
    if (index == &sync_job_index)
        move_cursor(call, given);
    return GO_ON;
}

/* ---- _update ---- */

struct updating {
    struct given given[MEMBERS_MAX];
    bool conditional;
    int64_t expected; /* version */
    int64_t version;  /* as it was read */
    struct json_object *objects[MEMBERS_MAX];
    const struct field *read[MEMBERS_MAX]; /* the version, and then those of the objects */
    size_t object_count;
};

static const struct field version_field = { STR_ROW("_version"), LONG };

enum progress service_check_update(struct call *call)
{
    const struct parameter_value *given = call->parameters;
    struct complaints complaints = { .count = 0 };

    if (!given[IF_SEQ_NO].text.ptr != !given[IF_PRIMARY_TERM].text.ptr)
        complain(call, &complaints, STR("[if_seq_no] and [if_primary_term] need each other"));
    return fail_if_any(call, &complaints);
}

static enum progress fail_conflict(struct call *call, int64_t version)
{
    const struct updating *updating = update_state(call);

    return fail(call, 409, VERSION_CONFLICT,
                "[%.*s]: version conflict, required seqNo [%lld], primary term [%s]. current "
                "document has seqNo [%lld] and primary term [%d]",
                STR_ARGS(call->id), (long long)updating->expected,
                arena_copy(call->arena, call->parameters[IF_PRIMARY_TERM].text).ptr,
                (long long)version, PRIMARY_TERM);
}

/* Checks the version, which the write then expects, and merges the objects. */
static enum progress decide_update(struct call *call, const struct str *stored)
{
    struct updating *updating = update_state(call);
    enum progress progress = GO_ON;

    updating->version = service_version(stored[0]);
    if (updating->conditional && (updating->version != updating->expected ||
                                  call->parameters[IF_PRIMARY_TERM].number != PRIMARY_TERM))
        return fail_conflict(call, updating->version);
    for (size_t i = 0; i < updating->object_count && progress == GO_ON; i++) {
        struct str old = stored[1 + i];

        progress = update_set_object(call, updating->read[1 + i], old,
                                     update_merged(call, old, updating->objects[i]));
    }
    return progress;
}

static enum progress updated(struct call *call)
{
    const struct updating *updating = update_state(call);

    return service_respond_written(call, 200, call->id,
                                   call->changed ? STR("updated") : STR("noop"),
                                   updating->version + call->changed);
}

static enum progress fail_endpoint(struct call *call, struct str name)
{
    return fail(call, 400, ILLEGAL_ARGUMENT,
                "[%.*s] cannot be changed by [_update]: where it can change, the Connector API has "
                "an endpoint for it",
                STR_ARGS(name));
}

/* Sets the kind of the update by the fields in the body. Gives GO_ON, or answers. */
static enum progress judge_fields(struct call *call, const struct given *given)
{
    const struct service_index *index = service_index(call);
    const unsigned char *manners = index == &connector_index ? connector_manners : sync_job_manners;
    struct str reported = { NULL, 0 }, touched = { NULL, 0 }, merged = { NULL, 0 };

    for (size_t i = 0; i < index->field_count; i++) {
        if (given[i].presence == ABSENT)
            continue;
        if (manners[i] == BY_ENDPOINT)
            return fail_endpoint(call, index->fields[i].name);
        if (manners[i] == BY_REPORT)
            reported = index->fields[i].name;
        if (manners[i] == BY_TOUCH)
            touched = index->fields[i].name;
        if (manners[i] == BY_MERGE)
            merged = index->fields[i].name;
    }
    if (reported.ptr && merged.ptr)
        return fail(call, 400, ILLEGAL_ARGUMENT,
                    "[%.*s] belongs to a report of a sync, and [%.*s] does not: change them one "
                    "after the other",
                    STR_ARGS(reported), STR_ARGS(merged));
    if (touched.ptr && merged.ptr)
        return fail(call, 400, ILLEGAL_ARGUMENT,
                    "[%.*s] is a sign of life, and [%.*s] is not: change them one after the other",
                    STR_ARGS(touched), STR_ARGS(merged));
    if (reported.ptr)
        update_is(call, REPORT);
    else if (touched.ptr)
        update_is(call, TOUCH);
    return GO_ON;
}

/* A job cannot move to another connector. */
static enum progress check_snapshot(struct call *call, const struct given *given)
{
    if (service_index(call) == &sync_job_index && tree_has(given[JOB_CONNECTOR].tree, "id"))
        return fail_endpoint(call, STR("connector.id"));
    return GO_ON;
}

/* Gives the value of the body's member `doc`, behind blanks instead of what stands before it: so a
 * fault has its place in the body. */
static struct str find_document(struct call *call)
{
    struct json_reader reader;
    size_t start;
    char *text;

    json_open(&reader, call->body, call->options->budget, call->arena);
    (void)json_next(&reader);
    while (json_next(&reader) == JSON_KEY && !str_equal(reader.text, STR("doc"))) {
        (void)json_next(&reader);
        (void)json_skip(&reader);
    }
    (void)json_next(&reader);
    start = reader.token_at;
    (void)json_skip(&reader);
    text = memcpy(arena_take(call->arena, reader.at), call->body.ptr, reader.at);
    for (size_t i = 0; i < start; i++)
        if (text[i] != '\n')
            text[i] = ' ';
    return (struct str){ text, reader.at };
}

enum progress service_update(struct call *call)
{
    const struct service_index *index = service_index(call);
    struct updating *updating = arena_take_cleared(call->arena, sizeof *updating);
    enum progress progress = service_read_document(call, find_document(call), updating->given);

    if (progress != GO_ON)
        return progress;
    update_begin(call);
    update_through(call, NULL, updated, updating);
    progress = judge_fields(call, updating->given);
    if (progress == GO_ON)
        progress = check_snapshot(call, updating->given);
    if (progress != GO_ON)
        return progress;
    updating->conditional = call->parameters[IF_SEQ_NO].text.ptr != NULL;
    updating->expected = (int64_t)call->parameters[IF_SEQ_NO].number;
    updating->read[0] = &version_field;
    for (size_t i = 0; i < index->field_count; i++) {
        const struct given *given = &updating->given[i];

        if (given->presence == GIVEN && given->tree) {
            updating->objects[updating->object_count++] = given->tree;
            updating->read[updating->object_count] = &index->fields[i];
        } else if (given->presence != ABSENT) {
            update_set(call, &index->fields[i], given->text);
        }
    }
    return update_by(call, updating->read, updating->object_count + 1, decide_update);
}
