/* sound.c: checks all stored data. */
#include "sound.h"

#include "base/number.h"
#include "base/text.h"
#include "groups.h"
#include "store/job/sync_job.h"
#include "store/schema/key_read.h"

static const struct str any = { NULL, 0 };

enum outcome sound_look(struct care_item item)
{
    struct ask *ask = world_ask();
    struct care_item *kept = arena_take(world.arena, sizeof *kept);

    *kept = item;
    care_look(ask, kept);
    return world_run(world.stores[0], ask);
}

static bool names_may_be_wrong;

static void look_at(struct care_item item)
{
    if (sound_look(item) != FOUND || (item.kind == CARE_HOLDER && names_may_be_wrong))
        return;
    print_error("wrong, kind %d: key %.*s, id %.*s\n", (int)item.kind, STR_ARGS(item.key),
                STR_ARGS(item.id));
    fail();
}

/* ---- service types ---- */

/* Lua sorts the types by name, as care_types needs them: those of the directory, and the stored
 * counts. */
static const char count_types[] =
    "local counts, names, reply = {}, {}, {} "
    "for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do "
    "local group, kind = string.match(member, '^(.)[^%z]*%z[^%z]*%z([^%z]*)%z') "
    "if group ~= '2' and kind ~= '' then "
    "if not counts[kind] then names[#names + 1] = kind end "
    "counts[kind] = (counts[kind] or 0) + 1 end end "
    "table.sort(names) "
    "for _, kind in ipairs(names) do reply[#reply + 1] = kind reply[#reply + 1] = counts[kind] end "
    "return reply";

static size_t read_pairs(struct str text, struct pair *pairs)
{
    size_t count = 0;

    while (text.len) {
        pairs[count].name = str_take(&text, '|');
        pairs[count++].value = str_take(&text, '|');
        text = str_or_empty(text);
    }
    return count;
}

enum outcome sound_types(unsigned shard, bool fix)
{
    enum { TYPES_MAX = 100 };
    struct care_types *types = arena_take_cleared(world.arena, sizeof *types);
    struct pair *counted = arena_take(world.arena, TYPES_MAX * sizeof *counted);
    struct ask *ask = world_ask();

    types->shard = shard;
    types->fix = fix;
    care_read_types(ask, types);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    types->counted = counted;
    types->counted_count = read_pairs(
        REDIS("EVAL %s 1 %b", count_types, BYTES(key_directory(world_ask(), shard))), counted);
    ask = world_ask();
    care_types(ask, types);
    return world_run(world.stores[0], ask);
}

/* ---- members ---- */

static void look_at_members(struct care_item item)
{
    struct str members = REDIS("ZRANGE %b 0 -1", BYTES(item.key));

    while (members.len) {
        item.id = str_take(&members, '|');
        look_at(item);
        members = str_or_empty(members);
    }
}

/* ---- keys ---- */

static struct str without(struct str key, const char *end)
{
    assert_true(key.len > strlen(end));
    return (struct str){ key.ptr, key.len - strlen(end) };
}

static void look_at_connector(struct care_item item)
{
    static const enum care_kind kinds[] = { CARE_CONNECTOR, CARE_STATE, CARE_NAME };

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        item.kind = kinds[i];
        look_at(item);
    }
}

static void look_at_job(struct care_item item)
{
    struct str type = REDIS("HGET %b job_type", BYTES(item.key));
    struct str created_at = REDIS("HGET %b created_at", BYTES(item.key));

    item.kind = CARE_JOB;
    assert_true(sync_job_score(type, created_at, &item.score));
    look_at(item);
}

static void look_at_orphan(struct care_item item, const char *end)
{
    item.kind = CARE_ORPHAN;
    item.id = without(item.key, end);
    look_at(item);
}

static void look_at_key(struct str key)
{
    struct key_parts parts = key_read(world_ask(), key);
    struct care_item item = {
        .shard = parts.shard, .key = key, .id = parts.name, .owner = any, .status = parts.status
    };

    switch (parts.kind) {
    case KEY_CONNECTOR:
        look_at_connector(item);
        break;
    case KEY_SYNC_JOB:
        look_at_job(item);
        break;
    case KEY_CONNECTOR_SECRETS:
    case KEY_SYNC_JOB_SECRETS:
        look_at_orphan(item, ":secrets");
        break;
    case KEY_SYNCS:
        look_at_orphan(item, ":syncs");
        break;
    case KEY_DAYS:
        look_at_orphan(item, ":days");
        break;
    case KEY_NAME_TOKEN:
        look_at_orphan(item, ":token");
        break;
    case KEY_INDEX_NAME:
        item.kind = CARE_HOLDER;
        look_at(item);
        break;
    case KEY_CONNECTORS:
        item.kind = CARE_LISTED;
        look_at_members(item);
        break;
    case KEY_DIRECTORY:
        item.kind = CARE_ENTRY;
        look_at_members(item);
        break;
    case KEY_STANDINGS:
    case KEY_SUCCESSES:
    case KEY_MUTED:
        item.kind = CARE_LIVE;
        look_at_members(item);
        break;
    case KEY_CONNECTOR_JOBS:
        item.owner = parts.name;
        item.kind = CARE_LISTED_JOB;
        look_at_members(item);
        break;
    case KEY_ALL_JOBS:
        item.kind = CARE_LISTED_JOB;
        look_at_members(item);
        break;
    case KEY_INTENTS: /* of an operation that died: it expires */
    case KEY_SERVICE_TYPES:
    case KEY_HOUR: /* counts, which nothing else holds */
    case KEY_HOURS:
    case KEY_ALL_DAYS:
    case KEY_LONG:
    case KEY_EVENTS:
    case KEY_UNSYNCED: /* some may have gone */
    case KEY_TOLD_UNTIL:
    case KEY_TICKER:
        break;
    default:
        print_error("a key that should not be there: %.*s\n", STR_ARGS(key));
        fail();
    }
}

static void check_all(void)
{
    struct str keys = REDIS("KEYS *");

    while (keys.len) {
        look_at_key(str_take(&keys, '|'));
        keys = str_or_empty(keys);
    }
    for (unsigned shard = 0; shard < world.settings.shards; shard++)
        assert_int_equal(sound_types(shard, false), NOOP);
}

void sound_check(void)
{
    names_may_be_wrong = false;
    check_all();
}

void sound_check_but_names(void)
{
    names_may_be_wrong = world.settings.shards > 1;
    check_all();
}
