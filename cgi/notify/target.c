/* target.c: reads the file of targets. */
#include "notify/target.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/number.h"
#include "base/text.h"
#include "base/tree.h"
#include "notify/mail.h"

/* ---- the members of a target ---- */

enum kind { TEXT, TYPE, SECONDS, EVENT_LIST, PATTERNS, ADDRESSES };

enum { TEXT_MAX = 4096, PATTERNS_MAX = 64, NAME_MAX_BYTES = 64 };

#define PLACE(member) offsetof(struct target, member)

/* clang-format off */
static const struct member {
    struct str name;
    enum kind kind;
    size_t place;
    uint64_t fallback, least, most; /* of SECONDS */
} members[] = {
    { STR_ROW("name"),           TEXT,       PLACE(name) },
    { STR_ROW("type"),           TYPE,       PLACE(type) },
    { STR_ROW("url"),            TEXT,       PLACE(url) },
    { STR_ROW("secret"),         TEXT,       PLACE(secret) },
    { STR_ROW("from"),           TEXT,       PLACE(from) },
    { STR_ROW("to"),             ADDRESSES,  PLACE(to) },
    { STR_ROW("dashboard"),      TEXT,       PLACE(dashboard) },
    { STR_ROW("events"),         EVENT_LIST, PLACE(events) },
    { STR_ROW("service_types"),  PATTERNS,   PLACE(types) },
    { STR_ROW("connectors"),     PATTERNS,   PLACE(connectors) },
    { STR_ROW("group_seconds"),  SECONDS,    PLACE(group),   5,    0, 3600 },
    { STR_ROW("window_seconds"), SECONDS,    PLACE(window),  3600, 0, 86400 },
    { STR_ROW("timeout_seconds"), SECONDS,   PLACE(timeout), 5,    1, 15 },
};

static const struct str type_words[TARGET_TYPES] = {
    [TARGET_WEBHOOK]      = STR_ROW("webhook"),
    [TARGET_SLACK]        = STR_ROW("slack"),
    [TARGET_ALERTMANAGER] = STR_ROW("alertmanager"),
    [TARGET_EMAIL]        = STR_ROW("email"),
};

/* How the URL of each type begins. */
static const struct str schemes[TARGET_TYPES][2] = {
    [TARGET_WEBHOOK]      = { STR_ROW("https://"), STR_ROW("http://") },
    [TARGET_SLACK]        = { STR_ROW("https://"), STR_ROW("http://") },
    [TARGET_ALERTMANAGER] = { STR_ROW("https://"), STR_ROW("http://") },
    [TARGET_EMAIL]        = { STR_ROW("smtps://"), STR_ROW("smtp://") },
};
/* clang-format on */

static const char type_fault[] = "must be webhook, slack, alertmanager or email";

/* ---- reading ---- */

struct reading {
    const char *path;
    struct arena *arena;
    struct target *target;
    size_t number; /* of the target, from 1 */
};

static bool fail_file(const char *path, const char *why)
{
    (void)fprintf(stderr, "lastsync: the file of targets, %s, %s\n", path, why);
    return false;
}

static bool fail(const struct reading *reading, struct str name, const char *why)
{
    (void)fprintf(stderr, "lastsync: %s, target %zu: \"%.*s\" %s\n", reading->path, reading->number,
                  STR_ARGS(name), why);
    return false;
}

static size_t find_word(const struct str *words, size_t count, struct str word)
{
    size_t at = 0;

    while (at < count && !str_equal(words[at], word))
        at++;
    return at;
}

static bool read_events(const struct reading *reading, struct str name, struct json_object *value)
{
    memset(reading->target->events, 0, sizeof reading->target->events);
    for (size_t i = 0; i < tree_length(value); i++) {
        size_t at = find_word(event_words, EVENTS_BAD, tree_text(tree_element(value, i)));

        if (at == EVENTS_BAD)
            return fail(reading, name,
                        "must be an array of failing, lost, late and never_synced: the end of "
                        "a state that was sent is always sent");
        reading->target->events[at] = true;
    }
    return true;
}

static bool read_patterns(const struct reading *reading, struct str name, struct json_object *value,
                          struct glob **glob)
{
    struct str patterns[PATTERNS_MAX];
    size_t count = tree_length(value);

    if (!count || count > PATTERNS_MAX)
        return fail(reading, name, "must be an array of 1 to 64 patterns");
    for (size_t i = 0; i < count; i++) {
        patterns[i] = tree_text(tree_element(value, i));
        if (!tree_is_string(tree_element(value, i)) || patterns[i].len > TEXT_MAX)
            return fail(reading, name, "must be an array of strings of up to 4096 bytes");
    }
    *glob = glob_new(patterns, count, reading->arena);
    return true;
}

static bool read_addresses(const struct reading *reading, struct str name,
                           struct json_object *value)
{
    struct target *target = reading->target;

    target->to_count = tree_length(value);
    if (!target->to_count || target->to_count > TARGET_TO_MAX)
        return fail(reading, name, "must be an array of 1 to 16 addresses");
    for (size_t i = 0; i < target->to_count; i++) {
        target->to[i] = arena_copy(reading->arena, tree_text(tree_element(value, i)));
        if (!tree_is_string(tree_element(value, i)) || !mail_is_address(target->to[i]))
            return fail(reading, name, "must be an array of addresses, each as ops@example.com");
    }
    return true;
}

static bool read_member(const struct reading *reading, const struct member *member,
                        struct json_object *value)
{
    void *place = (char *)reading->target + member->place;
    struct str text = tree_text(value);
    uint64_t *number = place;

    switch (member->kind) {
    case TEXT:
        *(struct str *)place = arena_copy(reading->arena, text);
        return (tree_is_string(value) && text.len <= TEXT_MAX &&
                !memchr(text.ptr, '\0', text.len)) ||
               fail(reading, member->name, "must be a string of up to 4096 bytes");
    case TYPE:
        *number = find_word(type_words, TARGET_TYPES, text);
        return *number < TARGET_TYPES || fail(reading, member->name, type_fault);
    case SECONDS:
        if (!tree_is_string(value) && number_count(text, member->most, number) == NUMBER_READ &&
            *number >= member->least)
            return true;
        (void)fprintf(stderr,
                      "lastsync: %s, target %zu: \"%.*s\" must be a number from %llu to %llu\n",
                      reading->path, reading->number, STR_ARGS(member->name),
                      (unsigned long long)member->least, (unsigned long long)member->most);
        return false;
    case EVENT_LIST:
        return tree_is_array(value) ? read_events(reading, member->name, value)
                                    : fail(reading, member->name, "must be an array");
    case PATTERNS:
        return tree_is_array(value) ? read_patterns(reading, member->name, value, place)
                                    : fail(reading, member->name, "must be an array");
    case ADDRESSES:
        return read_addresses(reading, member->name, value);
    }
    return false;
}

static bool visit_member(void *context, struct str name, struct json_object *value)
{
    const struct reading *reading = context;

    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (str_equal(members[i].name, name))
            return read_member(reading, &members[i], value);
    return fail(reading, name, "is none of a target's members");
}

/* A name is used in keys, in options of other programs, and in the log. */
static bool is_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-",
                    name.ptr[i]))
            return false;
    return name.len > 0 && name.len <= NAME_MAX_BYTES;
}

static bool is_whole(const struct reading *reading, const struct targets *targets)
{
    const struct target *target = reading->target;

    if (!is_name(target->name))
        return fail(reading, STR("name"), "must be 1 to 64 letters, digits, '-' and '_'");
    if (target->type == TARGET_TYPES)
        return fail(reading, STR("type"), type_fault);
    if (!str_starts(target->url, schemes[target->type][0]) &&
        !str_starts(target->url, schemes[target->type][1]))
        return fail(reading, STR("url"),
                    arena_format(reading->arena, "must begin with %.*s or %.*s",
                                 STR_ARGS(schemes[target->type][0]),
                                 STR_ARGS(schemes[target->type][1]))
                        .ptr);
    if (target->secret.len && target->type != TARGET_WEBHOOK)
        return fail(reading, STR("secret"), "is for a webhook");
    if (target->type == TARGET_EMAIL && !mail_is_address(target->from))
        return fail(reading, STR("from"), "must be an address, as lastsync@example.com");
    if (target->type == TARGET_EMAIL && !target->to_count)
        return fail(reading, STR("to"), "must be an array of 1 to 16 addresses");
    if (target->type != TARGET_EMAIL && (target->from.len || target->to_count))
        return fail(reading, target->from.len ? STR("from") : STR("to"), "is for an e-mail");
    for (size_t i = 0; i + 1 < reading->number; i++)
        if (str_equal(targets->rows[i].name, target->name))
            return fail(reading, STR("name"), "is another target's already");
    return true;
}

static bool read_target(const struct reading *reading, const struct targets *targets,
                        struct json_object *tree)
{
    union {
        const struct reading *from;
        void *to;
    } context = { reading };
    struct target *target = reading->target;

    *target = (struct target){ .type = TARGET_TYPES,
                               .name = STR(""),
                               .url = STR(""),
                               .secret = STR(""),
                               .from = STR(""),
                               .dashboard = STR("") };
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        void *place = (char *)target + members[i].place;
        uint64_t *number = place;

        if (members[i].kind == SECONDS)
            *number = members[i].fallback;
    }
    memset(target->events, true, sizeof target->events);
    if (!tree_is_object(tree))
        return fail(reading, STR("targets"), "must be an array of objects");
    return tree_each(tree, visit_member, context.to) && is_whole(reading, targets);
}

/* ---- the file ---- */

static bool read_file(const char *path, struct arena *arena, struct str *text)
{
    char *room = arena_take(arena, TARGETS_FILE_MAX + 1);
    FILE *file = fopen(path, "re");
    struct stat status;
    size_t len;
    bool failed;

    if (!file)
        return fail_file(path, "cannot be read");
    failed = fstat(fileno(file), &status) != 0;
    len = fread(room, 1, TARGETS_FILE_MAX + 1, file);
    failed |= ferror(file) != 0;
    failed |= fclose(file) != 0;
    if (failed)
        return fail_file(path, "cannot be read");
    if (status.st_mode & S_IROTH)
        return fail_file(path, "has secrets, but all users can read it: chmod o-r");
    if (len > TARGETS_FILE_MAX)
        return fail_file(path, "has more than 262144 bytes");
    *text = (struct str){ room, len };
    return true;
}

static bool parse(const char *path, struct str text, struct arena *arena, struct json_object **tree)
{
    struct json_reader reader;
    unsigned line, column;

    json_open(&reader, text, (struct json_budget){ 8, 10000 }, arena);
    (void)json_next(&reader);
    if (reader.token != JSON_FAULT && reader.token != JSON_NOTHING && tree_read(&reader, tree) &&
        json_next(&reader) == JSON_NOTHING)
        return true;
    json_place(text, reader.token_at, &line, &column);
    (void)fprintf(stderr, "lastsync: %s, line %u, column %u: %.*s\n", path, line, column,
                  STR_ARGS(reader.token == JSON_FAULT ? reader.message : STR("there is no JSON")));
    return false;
}

bool targets_read(const char *path, struct arena *arena, struct targets *targets)
{
    struct json_object *tree, *list;
    struct str text;

    if (!read_file(path, arena, &text) || !parse(path, text, arena, &tree))
        return false;
    list = tree_member(tree, "targets");
    targets->count = tree_length(list);
    if (!tree_is_array(list) || tree_member_count(tree) != 1 || !targets->count ||
        targets->count > TARGETS_MAX)
        return fail_file(
            path, "must be an object with one member, \"targets\": an array of 1 to 64 targets");
    for (size_t i = 0; i < targets->count; i++) {
        const struct reading reading = { path, arena, &targets->rows[i], i + 1 };

        if (!read_target(&reading, targets, tree_element(list, i)))
            return false;
    }
    return true;
}
