/* status.c: tells how all connectors are, on a terminal or to a script: lastsync status.
 *
 * It calls the API, in this process, with the dashboard's requests, so both show the same
 * numbers. */
#include "command/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/common/access.h"
#include "api/common/print.h"
#include "base/help.h"
#include "base/instant.h"
#include "base/number.h"
#include "base/tree.h"
#include "command/session.h"
#include "store/schema/fields.h"

enum {
    TOP_MAX = 100,
    PAGE = 100,                      /* connectors per request */
    ANSWER_LIMIT = 64 * 1024 * 1024, /* bytes: a page of the longest texts has fewer */
    WEEK = 7,                        /* days that today is compared with */
    NAME_WIDTH = 40, /* columns of a connector's name and id; longer ones push the rest away */
    DAY_HOURS = 24,
    HOUR_SECONDS = 3600,
    DAY_SECONDS = DAY_HOURS * HOUR_SECONDS
};

struct status_options {
    uint64_t top;
};

struct status {
    struct session session;
    struct status_options options;
    struct api_options api;
    bool colours;
    size_t columns; /* of the terminal; 0 if it is not one */
    int64_t now;    /* seconds since 1970 */
    int64_t troubled;
    struct text out;
    int code; /* the exit status */
};

/* The states that need attention, the worst first, and their colours. */
static const struct {
    enum connector_state state;
    const char *colour;
} troubles[] = { { FAILING, "31" }, { LOST, "35" }, { LATE, "33" } };

enum { TROUBLES = sizeof troubles / sizeof troubles[0] };

/* ---- asking ---- */

/* Gives the JSON that a GET of the target answers; or NULL, with the exit status in
 * status->code. */
static struct json_object *get(struct status *status, struct str target)
{
    struct arena *arena = status->session.arena;
    struct exchange exchange = { .arena = arena };
    struct json_object *tree = NULL;
    enum progress progress;
    struct call *call;

    exchange.request.method = GET;
    exchange.request.method_text = STR("GET");
    exchange.request.target = target;
    progress = api_begin(&status->api, &exchange, &call);
    while (progress == ASKED) {
        enum outcome outcome = command_await(status->session.store, &call->ask);

        if (outcome == AWAY || outcome == FAULTY || outcome_sentence(outcome).ptr) {
            status->code = command_fail_store(outcome);
            return NULL;
        }
        progress = api_resume(call);
    }
    if (exchange.response.status == 200 && tree_parse(exchange.response.body, arena, &tree))
        return tree;
    (void)fprintf(stderr, "lastsync: %.*s\n", STR_ARGS(exchange.response.body));
    status->code = COMMAND_FAILED;
    return NULL;
}

/* Gives the text of a member; absent if it is null. */
static struct str text_of(struct json_object *object, const char *name)
{
    struct json_object *member = tree_member(object, name);

    return member ? tree_text(member) : (struct str){ NULL, 0 };
}

static int64_t count_of(struct json_object *object, const char *name)
{
    uint64_t count = 0;

    (void)number_count(str_or_empty(text_of(object, name)), INT64_MAX, &count);
    return (int64_t)count;
}

/* ---- writing ---- */

/* Writes a foreign text without characters that move the cursor or change colours: the control
 * characters of ASCII, and U+0080 to U+009F, which the API's JSON has as UTF-8. */
static struct str plain(struct str text, struct arena *arena)
{
    char *copy = arena_take(arena, text.len + 1);

    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        bool behind = byte == 0xc2 && i + 1 < text.len && (unsigned char)text.ptr[i + 1] < 0xa0;

        copy[i] = text.ptr[i];
        if (byte < ' ' || byte == 0x7f || behind)
            copy[i] = ' ';
        if (behind)
            copy[++i] = ' ';
    }
    return (struct str){ copy, text.len };
}

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

static size_t width_of(struct str text)
{
    size_t width = 0;

    for (size_t i = 0; i < text.len; i++)
        width += begins_character(text.ptr[i]);
    return width;
}

/* Gives the characters that fit into so many columns. */
static struct str cut(struct str text, size_t columns)
{
    size_t at = 0;

    while (at < text.len && (columns || !begins_character(text.ptr[at])))
        columns -= begins_character(text.ptr[at++]);
    text.len = at;
    return text;
}

static void add_coloured(struct status *status, const char *colour, struct str text)
{
    if (status->colours && colour)
        text_format(&status->out, "\033[%sm%.*s\033[0m", colour, STR_ARGS(text));
    else
        text_add(&status->out, text);
}

static void add_blanks(struct text *out, size_t used, size_t width)
{
    for (; used < width; used++)
        text_byte(out, ' ');
}

static void add_left(struct text *out, struct str text, size_t width)
{
    text_add(out, text);
    add_blanks(out, width_of(text), width);
}

static void add_right(struct text *out, struct str text, size_t width)
{
    add_blanks(out, width_of(text), width);
    text_add(out, text);
}

/* "1,234,567". */
static struct str grouped(int64_t number, struct arena *arena)
{
    struct str digits = arena_format(arena, "%lld", (long long)number);
    struct text text = text_new(arena, 2 * digits.len);

    for (size_t i = 0; i < digits.len; i++) {
        if (i && (digits.len - i) % 3 == 0)
            text_byte(&text, ',');
        text_byte(&text, digits.ptr[i]);
    }
    return text_str(&text);
}

/* How long ago a datetime is, as the dashboard shows it: "9 s", "3 h"; "-" if there is none. */
static struct str age_of(const struct status *status, struct str datetime, const char *behind)
{
    /* Up to the limit of a row its unit serves: 119 min are "1 h", 47 h are "47 h". */
    static const struct {
        int64_t limit, unit;
        const char *name;
    } units[] = { { 60, 1, "s" },
                  { HOUR_SECONDS, 60, "min" },
                  { (int64_t)2 * DAY_SECONDS, HOUR_SECONDS, "h" },
                  { INT64_MAX, DAY_SECONDS, "d" } };
    struct instant then;
    int64_t age;
    size_t i = 0;

    if (!datetime.len || instant_read(datetime, &then) != INSTANT_READ)
        return STR("-");
    age = then.seconds < status->now ? status->now - then.seconds : 0;
    while (age >= units[i].limit)
        i++;
    return arena_format(status->session.arena, "%lld %s%s", (long long)(age / units[i].unit),
                        units[i].name, behind);
}

/* ---- the headline ---- */

static void add_part(struct text *list, int64_t count, struct str word)
{
    text_format(list, "%s%.*s ", list->len ? ", " : "", STR_ARGS(grouped(count, list->arena)));
    for (size_t i = 0; i < word.len; i++)
        text_byte(list, (char)(word.ptr[i] == '_' ? ' ' : word.ptr[i]));
}

/* Counts the connectors that need attention; the counts of states do not include muted ones. */
static void add_headline(struct status *status, struct json_object *overview)
{
    struct arena *arena = status->session.arena;
    struct json_object *states = tree_member(overview, "states");
    struct text parts = text_new(arena, 128), *out = &status->out;
    int64_t muted = count_of(overview, "muted"), running = count_of(overview, "running");
    int64_t total = muted;

    for (enum connector_state state = 0; state < CONNECTOR_STATES; state++) {
        int64_t count = count_of(states, connector_state_words[state].ptr);

        total += count;
        if (count)
            add_part(&parts, count, connector_state_words[state]);
    }
    for (size_t i = 0; i < TROUBLES; i++)
        status->troubled += count_of(states, connector_state_words[troubles[i].state].ptr);
    if (muted)
        add_part(&parts, muted, STR("muted"));
    if (!total)
        add_coloured(status, "1", STR("No connectors yet"));
    else if (!status->troubled)
        add_coloured(status, "1;32", STR("Nothing needs attention"));
    else
        add_coloured(status, "1;31",
                     arena_format(arena, "%.*s connector%s attention",
                                  STR_ARGS(grouped(status->troubled, arena)),
                                  status->troubled == 1 ? " needs" : "s need"));
    text_byte(out, '\n');
    if (total)
        text_format(out, "%.*s, of %.*s in all", STR_ARGS(text_str(&parts)),
                    STR_ARGS(grouped(total, arena)));
    if (running)
        text_format(out, "; %.*s run%s a sync", STR_ARGS(grouped(running, arena)),
                    running == 1 ? "s" : "");
    text_add(out, total ? STR("\n") : STR(""));
}

/* ---- the worst ---- */

enum { STATE_WIDTH = 9, AGE_WIDTH = 8, SUCCESS_WIDTH = 14 };

/* Since when it fails or is late; of a lost one, since when its sync runs. */
static struct str since(struct json_object *connector, enum connector_state state)
{
    static const char *const members[CONNECTOR_STATES] = {
        [FAILING] = "failing_since", [LATE] = "due_at", [LOST] = "running_since"
    };

    return text_of(connector, members[state]);
}

/* Gives the error of the kind of sync that fails, else the connector's own error. */
static struct str error_of(struct json_object *connector)
{
    static const char *const kinds[] = { "content", "access_control" };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct json_object *kind = tree_member(connector, kinds[i]);

        if (count_of(kind, "consecutive_failures") && text_of(kind, "error").ptr)
            return text_of(kind, "error");
    }
    return text_of(connector, "error");
}

static struct str title_of(struct json_object *connector, struct arena *arena)
{
    struct str id = plain(text_of(connector, "id"), arena);
    struct str name = plain(str_or_empty(text_of(connector, "name")), arena);

    if (!str_trim(name).len || str_equal(name, id))
        return id;
    return arena_format(arena, "%.*s (%.*s)", STR_ARGS(name), STR_ARGS(id));
}

static void add_connector(struct status *status, struct json_object *connector)
{
    enum { BEFORE_ERROR = STATE_WIDTH + AGE_WIDTH + SUCCESS_WIDTH + NAME_WIDTH + 1 };
    struct arena *arena = status->session.arena;
    struct str word = text_of(connector, "state"), title = title_of(connector, arena);
    struct str error = plain(str_or_empty(error_of(connector)), arena);
    struct json_object *content = tree_member(connector, "content");
    struct text *out = &status->out;
    size_t i = 0;

    while (i + 1 < TROUBLES && !str_equal(word, connector_state_words[troubles[i].state]))
        i++;
    if (status->columns && width_of(title) > NAME_WIDTH)
        title = cut(title, NAME_WIDTH);
    if (status->columns)
        error = cut(error, status->columns > BEFORE_ERROR ? status->columns - BEFORE_ERROR : 0);
    add_coloured(status, troubles[i].colour, word);
    add_blanks(out, word.len, STATE_WIDTH);
    add_left(out, age_of(status, since(connector, troubles[i].state), ""), AGE_WIDTH);
    add_left(out, age_of(status, text_of(content, "last_success"), " ago"), SUCCESS_WIDTH);
    if (!error.len) {
        text_add(out, title);
    } else {
        add_left(out, title, NAME_WIDTH);
        text_byte(out, ' ');
        text_add(out, error);
    }
    text_byte(out, '\n');
}

static void add_heads(struct status *status)
{
    struct text *out = &status->out;

    text_byte(out, '\n');
    add_left(out, STR("STATE"), STATE_WIDTH);
    add_left(out, STR("FOR"), AGE_WIDTH);
    add_left(out, STR("LAST SUCCESS"), SUCCESS_WIDTH);
    add_left(out, STR("CONNECTOR"), NAME_WIDTH);
    text_add(out, STR(" ERROR\n"));
}

static struct str page_target(uint64_t from, struct arena *arena)
{
    struct text states = text_new(arena, 64);

    for (size_t i = 0; i < TROUBLES; i++) {
        text_add(&states, i ? STR(",") : STR(""));
        text_add(&states, connector_state_words[troubles[i].state]);
    }
    return arena_format(arena, "/_lastsync/overview?state=%.*s&size=%d&from=%llu",
                        STR_ARGS(text_str(&states)), PAGE, (unsigned long long)from);
}

/* Writes the headline, and the first connectors that need attention, without muted ones, which may
 * come before, between and behind them. False after a fault. */
static bool add_connectors(struct status *status)
{
    struct arena *arena = status->session.arena;
    uint64_t shown = 0, from = 0;
    struct json_object *results;
    size_t count;

    do {
        struct json_object *overview = get(status, page_target(from, arena));

        if (!overview)
            return false;
        if (!from)
            add_headline(status, overview);
        results = tree_member(overview, "results");
        count = tree_length(results);
        for (size_t i = 0; i < count && shown < status->options.top; i++) {
            struct json_object *connector = tree_element(results, i);

            if (tree_member(connector, "muted"))
                continue;
            if (!shown++)
                add_heads(status);
            add_connector(status, connector);
        }
        from += count;
    } while (count == PAGE && from + PAGE <= RESULT_WINDOW_MAX && shown < status->options.top &&
             (int64_t)shown < status->troubled);
    if (shown && (int64_t)shown < status->troubled)
        text_format(&status->out, "and %.*s more\n",
                    STR_ARGS(grouped(status->troubled - (int64_t)shown, arena)));
    return true;
}

/* ---- today ---- */

enum measure { SYNCS, FAILED, COMPLETED, INDEXED, DELETED_DOCUMENTS, MEASURES };

/* Today; the days of the week before together, up to the current time of day, in sixtieths; and the
 * whole days. They are as many as there are from the first one with a sync: before that one, maybe
 * nothing was counted, or is kept. */
struct days {
    int64_t today[MEASURES], by_now[MEASURES], whole[MEASURES];
    int64_t count;
};

static void read_hour(struct json_object *hour, int64_t measures[MEASURES])
{
    measures[COMPLETED] = count_of(hour, "completed");
    measures[FAILED] = count_of(hour, "failed");
    measures[SYNCS] = measures[COMPLETED] + measures[FAILED] + count_of(hour, "canceled");
    measures[INDEXED] = count_of(hour, "indexed_document_count");
    measures[DELETED_DOCUMENTS] = count_of(hour, "deleted_document_count");
}

/* A bound on each count, so that no report of clients makes sums overflow. */
static int64_t bounded(int64_t count)
{
    const int64_t most = 10000000000000;

    return count < most ? count : most;
}

/* The current hour counts by its minutes that have passed. */
static void add_hours(struct days *days, struct json_object *hours, int64_t now)
{
    size_t this_hour = (size_t)(now % DAY_SECONDS / HOUR_SECONDS);
    int64_t minutes = now % HOUR_SECONDS / 60;

    for (size_t i = 0; i < tree_length(hours); i++) {
        size_t hour = i % DAY_HOURS;
        int64_t measures[MEASURES], part = hour < this_hour ? 60 : hour > this_hour ? 0 : minutes;

        read_hour(tree_element(hours, i), measures);
        for (size_t k = 0; k < MEASURES; k++) {
            measures[k] = bounded(measures[k]);
            if (i / DAY_HOURS == WEEK) {
                days->today[k] += measures[k];
                continue;
            }
            days->by_now[k] += measures[k] * part;
            days->whole[k] += measures[k];
        }
        if (!days->count && days->whole[SYNCS])
            days->count = WEEK - (int64_t)(i / DAY_HOURS);
    }
}

/* With one digit after the point; of nothing, a dash. */
static struct str mean(int64_t sum, int64_t of, struct arena *arena)
{
    int64_t tenths = of ? (sum * 10 + of / 2) / of : 0;

    if (!of)
        return STR("-");
    return arena_format(arena, "%.*s.%d", STR_ARGS(grouped(tenths / 10, arena)),
                        (int)(tenths % 10));
}

static struct str success(const int64_t measures[MEASURES], struct arena *arena)
{
    int64_t judged = measures[COMPLETED] + measures[FAILED];
    int64_t tenths = judged ? measures[COMPLETED] * 1000 / judged : 0;

    return judged ? arena_format(arena, "%d.%d %s", (int)(tenths / 10), (int)(tenths % 10), "%")
                  : STR("-");
}

enum { LABEL_WIDTH = 20, FIGURE_WIDTH = 16 };

static void add_figures(struct text *out, const char *label, struct str today, struct str by_now,
                        struct str whole)
{
    add_left(out, str_from(label), LABEL_WIDTH);
    add_right(out, today, FIGURE_WIDTH);
    add_right(out, by_now, FIGURE_WIDTH);
    add_right(out, whole, FIGURE_WIDTH);
    text_byte(out, '\n');
}

static void add_usual(struct text *out, int64_t days)
{
    static const char *const numbers[WEEK - 1] = { "two", "three", "four", "five", "six", "seven" };

    if (!days)
        text_add(out, STR("Days are in UTC; no day of the week before has syncs.\n"));
    else if (days == 1)
        text_add(out, STR("Days are in UTC; usual is the day before today.\n"));
    else
        text_format(out, "Days are in UTC; usual is the mean of the %s before today.\n",
                    numbers[days - 2]);
}

/* The hours of today, and of the week before. */
static struct json_object *get_hours(struct status *status)
{
    int64_t midnight = status->now - status->now % DAY_SECONDS;

    return get(status, arena_format(status->session.arena,
                                    "/_lastsync/analytics?interval=hour&from=%lld000&to=%lld000",
                                    (long long)(midnight - (int64_t)WEEK * DAY_SECONDS),
                                    (long long)status->now));
}

static bool add_today(struct status *status)
{
    static const struct {
        const char *label;
        enum measure measure;
    } rows[] = { { "syncs", SYNCS },
                 { "failed", FAILED },
                 { "documents indexed", INDEXED },
                 { "documents deleted", DELETED_DOCUMENTS } };
    struct arena *arena = status->session.arena;
    struct json_object *analytics = get_hours(status);
    struct days days = { .today = { 0 } };
    struct text *out = &status->out;

    if (!analytics)
        return false;
    add_hours(&days, tree_member(analytics, "results"), status->now);
    if (!days.today[SYNCS] && !days.whole[SYNCS]) {
        text_add(out, STR("\nNo syncs were counted today, nor in the week before.\n"));
        return true;
    }
    text_byte(out, '\n');
    add_figures(out, "", STR("TODAY"), STR("USUAL BY NOW"), STR("USUAL IN A DAY"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        add_figures(out, rows[i].label, grouped(days.today[rows[i].measure], arena),
                    mean(days.by_now[rows[i].measure], 60 * days.count, arena),
                    mean(days.whole[rows[i].measure], days.count, arena));
    add_figures(out, "success", success(days.today, arena), success(days.by_now, arena),
                success(days.whole, arena));
    add_usual(out, days.count);
    return true;
}

/* ---- the command ---- */

static bool has_colours(void)
{
    const char *forbidden = getenv("NO_COLOR"), *terminal = getenv("TERM");

    return isatty(STDOUT_FILENO) && !(forbidden && forbidden[0]) &&
           !(terminal && strcmp(terminal, "dumb") == 0);
}

static int tell(struct status *status)
{
    status->out = text_new(status->session.arena, 4096);
    if (!add_connectors(status) || !add_today(status))
        return status->code;
    if (command_print(text_str(&status->out)) != COMMAND_DONE)
        return COMMAND_UNWRITTEN;
    return status->troubled ? COMMAND_FAILED : COMMAND_DONE;
}

static void begin(struct status *status)
{
    session_open(&status->session, SCHEMA_READ);
    status->api = (struct api_options){
        .answer_limit = ANSWER_LIMIT,
        .deadline = 2 * (int)status->session.config.patience, /* late requests are not sent */
        .store = &status->session.settings,
        .access = access_open(ACCESS_OFF, STR("")),
    };
    status->colours = has_colours();
    status->columns = help_columns();
    status->now = instant_now().seconds;
}

int status_run(int count, char **arguments)
{
    static const struct option rows[] = {
        { "top", OPTION_COUNT, offsetof(struct status_options, top), "10",
          "how many connectors are listed, the worst first", .least = 0, .most = TOP_MAX },
    };
    static const struct option_table table = { rows, 1 };
    static struct status status;
    struct command_line line = {
        .usage = "status [option ...]",
        .help = "Prints how all connectors are: those that need attention, the worst of them, and "
                "today's syncs beside those of the week before, in UTC. Muted connectors are left "
                "out.\nExits with 0 if no connector needs attention, and with 1 if one is failing, "
                "lost or late.",
        .own = &table,
        .own_place = &status.options
    };
    enum config_result result =
        config_read_command(&status.session.config, &line, count, arguments);
    int code;

    if (result != CONFIG_READ)
        return config_status(result);
    begin(&status);
    code = tell(&status);
    access_close(status.api.access);
    session_close(&status.session);
    return code;
}
