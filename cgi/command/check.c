/* check.c: compares indexes with hashes, and mends them: lastsync check. */
#include "command/check.h"

#include <poll.h>
#include <stdio.h>

#include "base/text.h"
#include "command/progress.h"
#include "command/readable.h"
#include "command/session.h"
#include "store/job/sync_job.h"
#include "store/schema/key.h"
#include "store/schema/schema.h"
#include "store/upkeep/care.h"
#include "store/upkeep/scan.h"

enum {
    SUSPECTS_MAX = 1000, /* that are kept until they are looked at again */
    ITEMS_MAX = 3 * SCAN_PAGE,
    WHOLES_AT_ONCE = 20 /* documents that are read at once, for they may be long */
};

/* Milliseconds before each further look at what seems to be wrong: together longer than a request
 * can last, and many, for a connector may be written all the time. */
static const int waits[] = { 10, 20, 40, 80, 160, 320, 320, 320, 320, 320, 320, 320 };

struct check_options {
    bool fix;
};

struct check {
    struct session session;
    struct check_options options;
    struct progress progress;
    struct arena *items_arena, *suspects_arena;
    struct care_item items[ITEMS_MAX], suspects[SUSPECTS_MAX];
    size_t item_count, suspect_count;
    uint64_t keys, connectors, jobs, access_keys;
    uint64_t wrong, fixed, notes;
    enum outcome trouble; /* what has ended it, or ASKING */
};

/* ---- what is printed ---- */

static const struct {
    const char *before, *behind;
    bool names_key; /* whether the key stands in front */
} sentences[CARE_KINDS] = {
    [CARE_PLACE] = { "connector ", " is not in its place in connectors" },
    [CARE_ENTRY] = { "connectors lists ", ", and no connector is so" },
    [CARE_STANDING] = { "connector ", " is not in its place in standings" },
    [CARE_STANDING_ENTRY] = { "standings lists connector ", ", which is gone or deleted" },
    [CARE_NAME] = { "connector ", " does not hold its index name" },
    [CARE_HOLDER] = { "index name ", " is held by a connector that does not have it" },
    [CARE_JOB] = { "sync job ", " is not in all of its lists" },
    [CARE_JOB_ENTRY] = { " lists sync job ", ", which does not belong there", true },
    [CARE_OWNER] = { "sync job ", " is of a connector that is gone" },
    [CARE_ORPHAN] = { "", " belongs to a document that is gone", true },
    [CARE_ACCESS] = { "key of access control ", " is not in lastsync:keys" },
};

static void print_line(struct check *check, const char *word, struct str line)
{
    progress_clear(&check->progress);
    (void)printf("%s: %.*s\n", word, STR_ARGS(line));
}

static void print_item(struct check *check, const char *word, const struct care_item *item)
{
    struct arena *arena = check->session.arena;
    struct str key = sentences[item->kind].names_key ? session_quote(item->key, arena) : STR("");
    struct str id = item->kind == CARE_ORPHAN ? STR("") : session_quote(item->id, arena);

    print_line(check, word,
               arena_format(arena, "%.*s%s%.*s%s", STR_ARGS(key), sentences[item->kind].before,
                            STR_ARGS(id), sentences[item->kind].behind));
}

/* What no look can change. */
static void print_wrong(struct check *check, struct str line)
{
    check->wrong++;
    print_line(check, "wrong", line);
}

/* ---- looking, and looking again ---- */

/* Runs an ask of each item in one pipeline, and keeps those that are FOUND. */
static size_t run_all(struct check *check, struct care_item *items, size_t count,
                      void (*operation)(struct ask *ask, const struct care_item *item))
{
    struct session *session = &check->session;
    struct ask *asks = arena_take(session->arena, (count + 1) * sizeof *asks);
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        session_ask(session, &asks[i]);
        operation(&asks[i], &items[i]);
        if (asks[i].outcome == ASKING)
            store_send(session->store, &asks[i]);
    }
    while (store_pending(session->store))
        store_flush(session->store);
    for (size_t i = 0; i < count; i++) {
        if (asks[i].outcome == AWAY || asks[i].outcome == FAULTY || asks[i].outcome == NEWER)
            check->trouble = asks[i].outcome;
        if (asks[i].outcome == FOUND)
            items[kept++] = items[i];
    }
    return kept;
}

static size_t look_again(struct check *check, struct care_item *items, size_t count)
{
    for (size_t i = 0; i < sizeof waits / sizeof waits[0] && count; i++) {
        (void)poll(NULL, 0, waits[i]);
        count = run_all(check, items, count, care_look);
        arena_reset(check->session.arena);
    }
    return count;
}

static bool is_same(const struct care_item *a, const struct care_item *b)
{
    return a->kind == b->kind && str_equal(a->key, b->key) && str_equal(a->id, b->id);
}

static void mend(struct check *check, size_t count)
{
    struct care_item *items = check->suspects;
    struct care_item *left = arena_take(check->suspects_arena, (count + 1) * sizeof *left);
    size_t left_count, at = 0;

    memcpy(left, items, count * sizeof *left);
    (void)run_all(check, left, count, care_mend);
    arena_reset(check->session.arena);
    left_count = look_again(check, left, run_all(check, left, count, care_look));
    for (size_t i = 0; i < count; i++) {
        bool wrong = at < left_count && is_same(&items[i], &left[at]);

        at += wrong;
        check->fixed += !wrong;
        print_item(check, wrong ? "wrong" : "fixed", &items[i]);
    }
}

/* Looks at all suspects until each is found to be right, or wrong. */
static void settle(struct check *check)
{
    size_t count = look_again(check, check->suspects, check->suspect_count);

    check->suspect_count = 0;
    check->wrong += count;
    if (check->trouble == ASKING && count && check->options.fix)
        mend(check, count);
    else
        for (size_t i = 0; i < count; i++)
            print_item(check, "wrong", &check->suspects[i]);
    arena_reset(check->session.arena);
    arena_reset(check->suspects_arena);
}

static void add_suspect(struct check *check, const struct care_item *item)
{
    struct arena *arena = check->suspects_arena;

    check->suspects[check->suspect_count++] =
        (struct care_item){ item->kind, arena_copy(arena, item->key), arena_copy(arena, item->id),
                            arena_copy(arena, item->owner), arena_copy(arena, item->status) };
    if (check->suspect_count == SUSPECTS_MAX)
        settle(check);
}

/* Looks at the items that were added. */
static void look(struct check *check)
{
    size_t count = run_all(check, check->items, check->item_count, care_look);

    check->item_count = 0;
    for (size_t i = 0; i < count && check->trouble == ASKING; i++) {
        if (care_can_mend(check->items[i].kind)) {
            add_suspect(check, &check->items[i]);
            continue;
        }
        check->notes++;
        print_item(check, "note", &check->items[i]);
    }
    arena_reset(check->session.arena);
}

static void add_item(struct check *check, struct care_item item)
{
    if (check->item_count == ITEMS_MAX)
        look(check);
    check->items[check->item_count++] = item;
}

/* ---- documents ---- */

static void judge_whole(struct check *check, const struct whole *whole)
{
    struct arena *arena = check->session.arena;
    struct str fault = readable_fault(whole, arena), id = session_quote(whole->id, arena);
    const char *what = whole->kind == WHOLE_CONNECTOR ? "connector" : "sync job";
    struct str owner = whole_value(whole, sync_job_connector_id);

    if (fault.ptr)
        print_wrong(check, arena_format(arena, "%s %.*s: its field %.*s cannot be read", what,
                                        STR_ARGS(id), STR_ARGS(session_quote(fault, arena))));
    else if (!whole_is_complete(whole))
        print_wrong(check,
                    arena_format(arena, "%s %.*s lacks fields that each has", what, STR_ARGS(id)));
    if (whole->kind == WHOLE_SYNC_JOB && owner.ptr)
        add_item(check,
                 (struct care_item){ CARE_OWNER, .key = arena_copy(check->items_arena, owner),
                                     .id = whole->id });
}

/* Reads documents, and judges what is in their fields. */
static void judge_wholes(struct check *check, struct whole *wholes, size_t count)
{
    struct session *session = &check->session;
    struct ask asks[WHOLES_AT_ONCE];

    session_read_wholes(session, wholes, asks, count);
    for (size_t i = 0; i < count; i++) {
        if (asks[i].outcome == AWAY)
            check->trouble = AWAY;
        else if (asks[i].outcome == FOUND)
            judge_whole(check, &wholes[i]);
    }
    arena_reset(session->arena);
}

/* ---- keys ---- */

/* Items of a set's members. */
static void check_members(struct check *check, const struct care_item *pattern)
{
    struct session *session = &check->session;
    struct scan scan = { .ended = false };
    struct ask ask;

    while (!scan.ended && check->trouble == ASKING) {
        ask_open(&ask, check->items_arena, &session->settings);
        scan_members(&ask, pattern->key, &scan);
        if (command_await(session->store, &ask) != FOUND) {
            check->trouble = ask.outcome;
            return;
        }
        for (size_t i = 0; i < scan.count; i++) {
            struct care_item item = *pattern;

            item.id = scan.found[i].text;
            add_item(check, item);
        }
        look(check);
        arena_reset(check->items_arena);
    }
}

/* What a page of keys holds besides items: sets, whose members are read once the page is done. */
struct page {
    struct ask ask;
    struct care_item sets[SCAN_PAGE];
    struct whole wholes[WHOLES_AT_ONCE];
    size_t set_count, whole_count;
};

static void add_whole(struct check *check, struct page *page, enum whole_kind kind, struct str id)
{
    page->wholes[page->whole_count++] = (struct whole){ .kind = kind, .id = id };
    if (page->whole_count < WHOLES_AT_ONCE)
        return;
    judge_wholes(check, page->wholes, page->whole_count);
    page->whole_count = 0;
}

static void check_key(struct check *check, struct page *page, struct str key,
                      const struct key_parts *parts)
{
    static const struct str any = { NULL, 0 };
    struct care_item item = { .key = key, .id = parts->name, .owner = any, .status = any };

    switch (parts->kind) {
    case KEY_CONNECTOR:
        check->connectors++;
        for (enum care_kind kind = CARE_PLACE; kind <= CARE_NAME; kind++) {
            item.kind = kind;
            if (kind != CARE_ENTRY && kind != CARE_STANDING_ENTRY)
                add_item(check, item);
        }
        add_whole(check, page, WHOLE_CONNECTOR, parts->name);
        return;
    case KEY_SYNC_JOB:
        check->jobs++;
        item.kind = CARE_JOB;
        add_whole(check, page, WHOLE_SYNC_JOB, parts->name);
        break;
    case KEY_CONNECTOR_SECRETS:
    case KEY_SYNCS:
        item.kind = CARE_ORPHAN;
        item.id = key_connector(&page->ask, parts->name);
        break;
    case KEY_SYNC_JOB_SECRETS:
        item.kind = CARE_ORPHAN;
        item.id = key_sync_job(&page->ask, parts->name);
        break;
    case KEY_INDEX_NAME:
        item.kind = CARE_HOLDER;
        break;
    case KEY_ACCESS:
        check->access_keys++;
        item.kind = CARE_ACCESS;
        break;
    default:
        return;
    }
    add_item(check, item);
}

/* Remembers a sorted set; false where the key is another thing. */
static bool add_set(struct page *page, struct str key, const struct key_parts *parts)
{
    struct care_item item = { .key = key, .status = parts->status };

    switch (parts->kind) {
    case KEY_CONNECTORS:
        item.kind = CARE_ENTRY;
        break;
    case KEY_STANDINGS:
        item.kind = CARE_STANDING_ENTRY;
        break;
    case KEY_CONNECTOR_JOBS:
        item.owner = parts->name;
        item.kind = CARE_JOB_ENTRY;
        break;
    case KEY_ALL_JOBS:
        item.kind = CARE_JOB_ENTRY;
        break;
    default:
        return false;
    }
    page->sets[page->set_count++] = item;
    return true;
}

static void check_page(struct check *check, struct page *page, const struct scan *scan, size_t from)
{
    page->set_count = page->whole_count = 0;
    for (size_t i = from; i < scan->count && i < from + SCAN_PAGE; i++) {
        struct str key = scan->found[i].text, type = scan->found[i].type;
        struct key_parts parts = key_read(&page->ask, key);
        struct arena *arena = check->session.arena;

        if (parts.kind == KEY_OTHER || str_equal(type, STR("none")))
            continue;
        if (!str_equal(type, key_type(parts.kind)))
            print_wrong(check, arena_format(arena, "%.*s is a %.*s, and should be a %.*s",
                                            STR_ARGS(session_quote(key, arena)), STR_ARGS(type),
                                            STR_ARGS(key_type(parts.kind))));
        else if (!add_set(page, key, &parts))
            check_key(check, page, key, &parts);
    }
    judge_wholes(check, page->wholes, page->whole_count);
    look(check);
    arena_reset(check->items_arena);
    for (size_t i = 0; i < page->set_count && check->trouble == ASKING; i++)
        check_members(check, &page->sets[i]);
}

static void check_keys(struct check *check)
{
    static struct page page;
    struct arena *arena = arena_new();
    struct scan scan = { .ended = false };
    uint64_t done = 0;

    while (!scan.ended && check->trouble == ASKING) {
        ask_open(&page.ask, arena, &check->session.settings);
        scan_keys(&page.ask, &scan);
        if (command_await(check->session.store, &page.ask) != FOUND) {
            check->trouble = page.ask.outcome;
            break;
        }
        for (size_t from = 0; from < scan.count && check->trouble == ASKING; from += SCAN_PAGE)
            check_page(check, &page, &scan, from);
        done += scan.count;
        progress_show(&check->progress, done);
        arena_reset(arena);
    }
    if (check->trouble == ASKING)
        settle(check);
    arena_free(arena);
}

/* ---- the version of the schema ---- */

/* Tells of the version, and upgrades the data. */
static void fix_schema(struct check *check, struct str version, struct str line)
{
    struct session *session = &check->session;
    struct ask ask;

    check->wrong++;
    if (!check->options.fix) {
        print_line(check, "wrong", line);
        return;
    }
    session_ask(session, &ask);
    schema_upgrade(&ask, version);
    if (command_await(session->store, &ask) == AWAY || ask.outcome == FAULTY)
        check->trouble = ask.outcome;
    check->fixed += ask.outcome == UPDATED;
    print_line(check, ask.outcome == UPDATED ? "fixed" : "wrong", line);
}

/* Data of another version cannot be judged: an older one is upgraded first. Data that have none
 * have the first one, and should say so. */
static void check_all(struct check *check)
{
    struct str version;
    struct ask ask;
    char room[24];

    session_ask(&check->session, &ask);
    schema_read(&ask, &version);
    if (command_await(check->session.store, &ask) != FOUND) {
        check->trouble = ask.outcome;
        return;
    }
    if (version.ptr && schema_judge(version) == OUTDATED) {
        (void)snprintf(room, sizeof room, "%.*s", STR_ARGS(version));
        fix_schema(check, str_from(room), schema_sentence(OUTDATED));
        if (check->fixed != check->wrong)
            return;
    }
    arena_reset(check->session.arena);
    check_keys(check);
    if (check->trouble == ASKING && !version.ptr && check->connectors + check->jobs)
        fix_schema(check, version, STR("the data does not say which version of the schema it has"));
}

/* ---- the command ---- */

static int sum_up(struct check *check)
{
    progress_clear(&check->progress);
    if (check->trouble != ASKING)
        return command_fail_store(check->trouble);
    (void)printf("%llu connectors, %llu sync jobs, %llu keys of access control: %llu wrong, %llu "
                 "of them fixed; %llu notes\n",
                 (unsigned long long)check->connectors, (unsigned long long)check->jobs,
                 (unsigned long long)check->access_keys, (unsigned long long)check->wrong,
                 (unsigned long long)check->fixed, (unsigned long long)check->notes);
    if (fflush(stdout))
        return COMMAND_FAILED;
    return check->wrong == check->fixed ? COMMAND_DONE : COMMAND_FAILED;
}

static int run(struct check *check)
{
    int status = session_measure(&check->session, &check->keys);

    if (status)
        return status;
    check->progress = progress_begin("keys", check->keys);
    check_all(check);
    return sum_up(check);
}

int check_run(int count, char **arguments)
{
    static const struct option rows[] = {
        { "fix", OPTION_FLAG, offsetof(struct check_options, fix), "false",
          "mend what is wrong, as far as it can be" },
    };
    static const struct option_table table = { rows, 1 };
    static struct check check;
    struct command_line line = {
        .usage = "check [option ...]",
        .help = "Compares the indexes in Redis with the documents, while the service runs. Exits "
                "with 0\nwhere all is well, or was fixed, with 1 where something is wrong.",
        .own = &table,
        .own_place = &check.options
    };
    enum config_result result = config_read_command(&check.session.config, &line, count, arguments);
    int status;

    if (result != CONFIG_READ)
        return config_status(result);
    session_open(&check.session, SCHEMA_REPAIRED);
    check.items_arena = arena_new();
    check.suspects_arena = arena_new();
    status = run(&check);
    arena_free(check.items_arena);
    arena_free(check.suspects_arena);
    session_close(&check.session);
    return status;
}
