/* scan.c: SCAN and ZSCAN. */
#include "store/upkeep/scan.h"

#include <stdio.h>

#include "base/text.h"

static void take_cursor(struct scan *scan, struct str cursor)
{
    (void)snprintf(scan->cursor, sizeof scan->cursor, "%.*s", STR_ARGS(cursor));
    scan->ended = strcmp(scan->cursor, "0") == 0;
}

static struct str cursor_of(const struct scan *scan)
{
    return scan->cursor[0] ? str_from(scan->cursor) : STR("0");
}

/* ---- keys ---- */

static void after_types(struct ask *ask, const struct reply *replies)
{
    struct scan *scan = ask->operation;

    for (size_t i = 0; i < scan->count; i++)
        scan->found[i].type = replies[i].text;
    ask_end(ask, FOUND);
}

static void after_keys(struct ask *ask, const struct reply *replies)
{
    struct scan *scan = ask->operation;
    const struct reply *keys = &replies[0].items[1];

    take_cursor(scan, reply_item(&replies[0], 0));
    if (scan->ended && ++scan->node < ask->settings->nodes) {
        scan->ended = false;
        scan->cursor[0] = '\0';
    }
    scan->count = keys->count;
    scan->found = arena_take_cleared(ask->arena, (keys->count + 1) * sizeof *scan->found);
    ask_then(ask, after_types);
    for (size_t i = 0; i < keys->count; i++) {
        scan->found[i].text = keys->items[i].text;
        ASK(ask, STR("TYPE"), scan->found[i].text);
    }
    if (!keys->count)
        ask_end(ask, FOUND);
}

/* Makes a pattern that matches only keys that begin with the prefix. */
static struct str pattern_of(struct str prefix, struct arena *arena)
{
    struct text pattern = text_new(arena, 2 * prefix.len + 1);

    for (size_t i = 0; i < prefix.len; i++) {
        if (strchr("*?[]^-\\", prefix.ptr[i]))
            text_byte(&pattern, '\\');
        text_byte(&pattern, prefix.ptr[i]);
    }
    text_byte(&pattern, '*');
    return text_str(&pattern);
}

void scan_keys(struct ask *ask, struct scan *scan)
{
    ask->operation = scan;
    ask_then(ask, after_keys);
    ASK(ask, STR("SCAN"), cursor_of(scan), STR("MATCH"),
        pattern_of(ask->settings->key_prefix, ask->arena), STR("COUNT"),
        ask_number(ask, SCAN_PAGE));
    ask_at_node(ask, scan->node);
}

/* ---- members ---- */

static void after_members(struct ask *ask, const struct reply *replies)
{
    struct scan *scan = ask->operation;
    const struct reply *members = &replies[0].items[1];

    take_cursor(scan, reply_item(&replies[0], 0));
    scan->count = members->count / 2;
    scan->found = arena_take_cleared(ask->arena, (scan->count + 1) * sizeof *scan->found);
    for (size_t i = 0; i < scan->count; i++)
        scan->found[i].text = reply_item(members, 2 * i);
    ask_end(ask, FOUND);
}

void scan_members(struct ask *ask, struct str key, struct scan *scan)
{
    ask->operation = scan;
    ask_then(ask, after_members);
    ASK(ask, STR("ZSCAN"), key, cursor_of(scan), STR("COUNT"), ask_number(ask, SCAN_PAGE));
}

/* ---- the extent ---- */

static void after_measure(struct ask *ask, const struct reply *replies)
{
    uint64_t *keys = ask->operation;

    *keys = 0;
    for (size_t i = 0; i < ask->command_count; i++)
        *keys += (uint64_t)replies[i].number;
    ask_end(ask, FOUND);
}

void scan_measure(struct ask *ask, uint64_t *keys)
{
    ask->operation = keys;
    ask_then(ask, after_measure);
    for (unsigned node = 0; node < ask->settings->nodes; node++) {
        ASK(ask, STR("DBSIZE"));
        ask_at_node(ask, node);
    }
}
