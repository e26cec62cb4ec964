/* message.c: writes messages. */
#include "notify/message.h"

#include "base/gist.h"
#include "base/instant.h"
#include "base/text.h"
#include "base/utf8.h"
#include "notify/mail.h"

enum {
    NAMED_MAX = 3,     /* connectors that a line names */
    ERROR_SHOWN = 300, /* bytes of an error in a line, */
    NAME_SHOWN = 200   /* and of a name or an id */
};

/* The sentence for an event, of one connector and of many. */
static const struct {
    struct str one, many;
} phrases[EVENTS] = {
    [EVENT_FAILING] = { STR_ROW("began to fail"), STR_ROW("began to fail") },
    [EVENT_LOST] = { STR_ROW("is lost: it runs a sync, and gives no sign of life"),
                     STR_ROW("are lost: they run syncs, and give no sign of life") },
    [EVENT_LATE] = { STR_ROW("is late"), STR_ROW("are late") },
    [EVENT_NEVER_SYNCED] = { STR_ROW("has never synced"), STR_ROW("have never synced") },
    [EVENT_RECOVERED] = { STR_ROW("has recovered"), STR_ROW("have recovered") },
    [EVENT_BACK] = { STR_ROW("is back"), STR_ROW("are back") },
    [EVENT_DISABLED] = { STR_ROW("is turned off"), STR_ROW("are turned off") },
    [EVENT_DELETED] = { STR_ROW("is deleted"), STR_ROW("are deleted") },
};

/* ---- groups ---- */

struct group {
    enum event_word word;
    struct str gist;
    size_t first; /* its first event; and its others, by the next of each */
    size_t count;
};

struct grouping {
    const struct message *message;
    struct group *groups;
    size_t count;
    size_t *of; /* the group of each event */
};

/* Whether a later group has the connector of the event: the event must not be told before that
 * group. */
static bool is_behind(const struct grouping *grouping, size_t group, size_t event)
{
    const struct event *events = grouping->message->events;

    for (size_t i = 0; i < event; i++)
        if (grouping->of[i] > group && str_equal(events[i].connector, events[event].connector))
            return true;
    return false;
}

static size_t group_of(struct grouping *grouping, size_t at, struct str gist)
{
    const struct event *event = &grouping->message->events[at];
    size_t group = grouping->count;

    while (group-- > 0)
        if (grouping->groups[group].word == event->word &&
            str_equal(grouping->groups[group].gist, gist) && !is_behind(grouping, group, at))
            return group;
    grouping->groups[grouping->count] =
        (struct group){ .word = event->word, .gist = gist, .first = at };
    return grouping->count++;
}

static struct grouping make_groups(const struct message *message, struct arena *arena)
{
    struct grouping grouping = {
        .message = message,
        .groups = arena_take(arena, (message->count + 1) * sizeof *grouping.groups),
        .of = arena_take(arena, (message->count + 1) * sizeof *grouping.of),
    };

    for (size_t i = 0; i < message->count; i++) {
        grouping.of[i] = group_of(&grouping, i, gist_of(message->events[i].error, arena));
        grouping.groups[grouping.of[i]].count++;
    }
    return grouping;
}

/* ---- lines ---- */

/* Adds a connector's own text to a line, cut between characters: nothing in it ends the line. */
static void add_shown(struct text *line, struct str text, size_t most)
{
    text = utf8_cut(text, most);
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 127)
            text_byte(line, ' ');
        else
            text_byte(line, text.ptr[i]);
}

/* The error without the word that the stream puts before each. */
static void add_error(struct text *line, struct str error)
{
    if (str_starts(error, STR("error: ")))
        error = str_from_offset(error, sizeof "error: " - 1);
    add_shown(line, error, ERROR_SHOWN);
}

static void add_name(struct text *line, const struct event *event)
{
    add_shown(line, event->name.len ? event->name : event->connector, NAME_SHOWN);
}

static void add_names(struct text *line, const struct grouping *grouping, size_t group)
{
    size_t named = 0, count = grouping->groups[group].count;

    text_add(line, STR(" ("));
    for (size_t i = 0; i < grouping->message->count && named < NAMED_MAX; i++) {
        if (grouping->of[i] != group)
            continue;
        if (named++)
            text_add(line, STR(", "));
        add_name(line, &grouping->message->events[i]);
    }
    if (count > named)
        text_format(line, " and %zu more", count - named);
    text_byte(line, ')');
}

static void add_line(struct text *line, const struct grouping *grouping, size_t group)
{
    const struct group *which = &grouping->groups[group];
    const struct event *event = &grouping->message->events[which->first];

    if (which->count == 1) {
        add_name(line, event);
        if (event->name.len) {
            text_add(line, STR(" ("));
            add_shown(line, event->connector, NAME_SHOWN);
            text_byte(line, ')');
        }
        text_format(line, " %.*s", STR_ARGS(phrases[which->word].one));
    } else {
        text_format(line, "%zu connectors %.*s", which->count, STR_ARGS(phrases[which->word].many));
    }
    if (event->error.len) {
        text_add(line, STR(": "));
        add_error(line, event->error);
    }
    if (which->count > 1)
        add_names(line, grouping, group);
}

struct str message_lines(const struct message *message, struct arena *arena)
{
    struct grouping grouping = make_groups(message, arena);
    struct text lines = text_new(arena, 256);

    for (size_t i = 0; i < grouping.count; i++) {
        if (i)
            text_byte(&lines, '\n');
        add_line(&lines, &grouping, i);
    }
    return text_str(&lines);
}

/* ---- JSON ---- */

static void add_member(struct text *json, const char *name, struct str value)
{
    char last = json->ptr[json->len - 1];

    text_format(json, "%s\"%s\":", last == '{' || last == '[' ? "" : ",", name);
    text_json(json, value);
}

static struct str moment(int64_t seconds, struct arena *arena)
{
    return instant_write((struct instant){ seconds, 0 }, arena);
}

struct str message_link(const struct target *target, struct str connector, struct arena *arena)
{
    static const char hex[] = "0123456789ABCDEF";
    struct text link = text_new(arena, 128);

    if (!target->dashboard.len)
        return STR("");
    text_add(&link, target->dashboard);
    text_add(&link, STR("?connector="));
    for (size_t i = 0; i < connector.len; i++) {
        unsigned char byte = (unsigned char)connector.ptr[i];

        if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", byte) &&
            byte)
            text_byte(&link, (char)byte);
        else
            text_add(&link, (struct str){ (char[]){ '%', hex[byte >> 4], hex[byte & 15] }, 3 });
    }
    return text_str(&link);
}

static struct str webhook_body(const struct message *message, const struct target *target,
                               struct arena *arena)
{
    struct text json = text_new(arena, 1024);

    text_byte(&json, '{');
    add_member(&json, "target", target->name);
    add_member(&json, "time", moment(message->now, arena));
    add_member(&json, "text", message_lines(message, arena));
    text_add(&json, STR(",\"events\":["));
    for (size_t i = 0; i < message->count; i++) {
        const struct event *event = &message->events[i];
        struct str link = message_link(target, event->connector, arena);

        text_add(&json, i ? STR(",{") : STR("{"));
        add_member(&json, "id", event->id);
        add_member(&json, "event", event_words[event->word]);
        add_member(&json, "connector_id", event->connector);
        add_member(&json, "name", event->name);
        add_member(&json, "service_type", event->service_type);
        add_member(&json, "told_before", event->told);
        add_member(&json, "state", event->state);
        text_format(&json, ",\"since\":%lld,\"failures\":%.*s", (long long)event->since,
                    STR_ARGS(event->failures.len ? event->failures : STR("0")));
        add_member(&json, "error", event->error);
        if (link.len)
            add_member(&json, "url", link);
        text_byte(&json, '}');
    }
    text_add(&json, STR("]}"));
    return text_str(&json);
}

/* "&", "<" and ">" have a meaning of their own in Slack. */
static struct str slack_body(const struct message *message, struct arena *arena)
{
    struct str lines = message_lines(message, arena);
    struct text escaped = text_new(arena, lines.len + 64), json = text_new(arena, lines.len + 64);

    for (size_t i = 0; i < lines.len; i++) {
        char byte = lines.ptr[i];

        if (byte == '&')
            text_add(&escaped, STR("&amp;"));
        else if (byte == '<')
            text_add(&escaped, STR("&lt;"));
        else if (byte == '>')
            text_add(&escaped, STR("&gt;"));
        else
            text_byte(&escaped, byte);
    }
    text_byte(&json, '{');
    add_member(&json, "text", text_str(&escaped));
    text_byte(&json, '}');
    return text_str(&json);
}

/* Alertmanager resolves an alert at the alert's end time or, without one, some minutes after it was
 * sent. It keeps the later end of two, unless by its own clock the newer one has passed: so an end
 * is told as a minute ago, for an Alertmanager whose clock is behind. */
enum { ALERT_SECONDS = 30 * 86400, TEST_ALERT_SECONDS = 300, CLOCKS_DIFFER = 60 };

static void add_alert(struct text *json, const struct event *event, struct str state, int64_t ends,
                      const struct target *target, const struct message *message,
                      struct arena *arena)
{
    const struct message one = { .events = event, .count = 1, .now = message->now };
    struct str link = message_link(target, event->connector, arena);
    int64_t latest = (ends < message->now ? ends : message->now) - 1;
    int64_t since = event->since > 0 && event->since < latest ? event->since : latest;

    text_add(json, json->len > 1 ? STR(",{\"labels\":{") : STR("{\"labels\":{"));
    add_member(json, "alertname", STR("LastsyncConnector"));
    add_member(json, "connector_id", event->connector);
    add_member(json, "state", state);
    text_add(json, STR("},\"annotations\":{"));
    add_member(json, "summary", message_lines(&one, arena));
    add_member(json, "name", event->name);
    add_member(json, "service_type", event->service_type);
    add_member(json, "event_id", event->id);
    text_byte(json, '}');
    add_member(json, "startsAt", moment(since, arena));
    add_member(json, "endsAt", moment(ends, arena));
    if (link.len)
        add_member(json, "generatorURL", link);
    text_byte(json, '}');
}

/* A bad state fires an alert, and ends the one before it. The labels are those that are known at
 * its end, too. */
static struct str alertmanager_body(const struct message *message, const struct target *target,
                                    struct arena *arena)
{
    int64_t ended = message->now - CLOCKS_DIFFER;
    int64_t ends = message->now + (message->is_test ? TEST_ALERT_SECONDS : ALERT_SECONDS);
    struct text json = text_new(arena, 1024);

    text_byte(&json, '[');
    for (size_t i = 0; i < message->count; i++) {
        const struct event *event = &message->events[i];

        if (event->told.len)
            add_alert(&json, event, event->told, ended, target, message, arena);
        if (!event_is_end(event->word))
            add_alert(&json, event, event_words[event->word], ends, target, message, arena);
    }
    text_byte(&json, ']');
    return text_str(&json);
}

struct str message_body(const struct message *message, const struct target *target,
                        struct arena *arena)
{
    switch ((enum target_type)target->type) {
    case TARGET_SLACK:
        return slack_body(message, arena);
    case TARGET_ALERTMANAGER:
        return alertmanager_body(message, target, arena);
    case TARGET_EMAIL:
        return mail_write(message, target, arena);
    default:
        return webhook_body(message, target, arena);
    }
}
