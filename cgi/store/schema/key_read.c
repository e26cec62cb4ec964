/* key_read.c: reads the names of keys. */
#include "store/schema/key_read.h"

#include "store/schema/key.h"
#include "store/schema/shard.h"

/* clang-format off */
static const struct {
    struct str before, behind; /* the texts around the name; there is no name if `behind` is absent */
    struct str type;
    bool by_status; /* whether a status may follow */
    bool common;    /* whether it has no shard and no tag */
} kinds[KEY_KINDS] = {
    [KEY_OTHER]             = { { NULL, 0 } },
    [KEY_CONNECTOR]         = { STR_ROW("connector:{"), STR_ROW("}"), STR_ROW("hash") },
    [KEY_CONNECTOR_SECRETS] = { STR_ROW("connector:{"), STR_ROW("}:secrets"), STR_ROW("hash") },
    [KEY_SYNCS]             = { STR_ROW("connector:{"), STR_ROW("}:syncs"), STR_ROW("stream") },
    [KEY_DAYS]              = { STR_ROW("connector:{"), STR_ROW("}:days"), STR_ROW("hash") },
    [KEY_CONNECTOR_JOBS]    = { STR_ROW("connector:{"), STR_ROW("}:sync_jobs"), STR_ROW("zset"), true },
    [KEY_INTENTS]           = { STR_ROW("connector:{"), STR_ROW("}:intents"), STR_ROW("hash") },
    [KEY_CONNECTORS]        = { STR_ROW("connectors"), { NULL, 0 }, STR_ROW("zset") },
    [KEY_STANDINGS]         = { STR_ROW("standings"), { NULL, 0 }, STR_ROW("zset") },
    [KEY_SUCCESSES]         = { STR_ROW("successes"), { NULL, 0 }, STR_ROW("zset") },
    [KEY_DIRECTORY]         = { STR_ROW("directory"), { NULL, 0 }, STR_ROW("zset") },
    [KEY_SERVICE_TYPES]     = { STR_ROW("service_types"), { NULL, 0 }, STR_ROW("hash") },
    [KEY_MUTED]             = { STR_ROW("muted"), { NULL, 0 }, STR_ROW("zset") },
    [KEY_HOUR]              = { STR_ROW("hour"), { NULL, 0 }, STR_ROW("string") },
    [KEY_HOURS]             = { STR_ROW("hours"), { NULL, 0 }, STR_ROW("hash") },
    [KEY_ALL_DAYS]          = { STR_ROW("days"), { NULL, 0 }, STR_ROW("hash") },
    [KEY_LONG]              = { STR_ROW("long"), { NULL, 0 }, STR_ROW("set") },
    [KEY_EVENTS]            = { STR_ROW("events"), { NULL, 0 }, STR_ROW("stream") },
    [KEY_UNSYNCED]          = { STR_ROW("unsynced"), { NULL, 0 }, STR_ROW("zset") },
    [KEY_TOLD_UNTIL]        = { STR_ROW("told_until"), { NULL, 0 }, STR_ROW("string") },
    [KEY_TICKER]            = { STR_ROW("lastsync:ticker"), { NULL, 0 }, STR_ROW("string"), .common = true },
    [KEY_NOTIFY_LEASE]      = { STR_ROW("lastsync:notify:{"), STR_ROW("}"), STR_ROW("string"), .common = true },
    [KEY_NOTIFY_TOLD]       = { STR_ROW("notify:{"), STR_ROW("}:told"), STR_ROW("hash") },
    [KEY_NOTIFY_HELD]       = { STR_ROW("notify:{"), STR_ROW("}:held"), STR_ROW("zset") },
    [KEY_INDEX_NAME]        = { STR_ROW("index_name:{"), STR_ROW("}"), STR_ROW("string") },
    [KEY_NAME_TOKEN]        = { STR_ROW("index_name:{"), STR_ROW("}:token"), STR_ROW("string") },
    [KEY_CLAIMS]            = { STR_ROW("index_name:{"), STR_ROW("}:claims"), STR_ROW("set") },
    [KEY_LOOK]              = { STR_ROW("index_name:{"), STR_ROW("}:look"), STR_ROW("string") },
    [KEY_SYNC_JOB]          = { STR_ROW("sync_job:{"), STR_ROW("}"), STR_ROW("hash") },
    [KEY_SYNC_JOB_SECRETS]  = { STR_ROW("sync_job:{"), STR_ROW("}:secrets"), STR_ROW("hash") },
    [KEY_ALL_JOBS]          = { STR_ROW("{sync_jobs}"), { NULL, 0 }, STR_ROW("zset"), true },
    [KEY_SCHEMA]            = { STR_ROW("lastsync:schema"), { NULL, 0 }, STR_ROW("hash"), .common = true },
    [KEY_ACCESS]            = { STR_ROW("lastsync:key:{"), STR_ROW("}"), STR_ROW("hash"), .common = true },
    [KEY_SECRET]            = { STR_ROW("lastsync:secret:{"), STR_ROW("}"), STR_ROW("hash"), .common = true },
    [KEY_ACCESS_LIST]       = { STR_ROW("lastsync:keys"), { NULL, 0 }, STR_ROW("set"), .common = true },
};
/* clang-format on */

struct str key_type(enum key_kind kind)
{
    return kinds[kind].type;
}

static int hex_value(char digit)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *place = digit ? strchr(digits, digit) : NULL;

    return place ? (int)(place - digits) : -1;
}

/* False if key.c would have encoded the name in another way. */
static bool decode(struct str encoded, struct arena *arena, struct str *name)
{
    char *bytes = arena_take(arena, encoded.len + 1);
    size_t count = 0;

    for (size_t i = 0; i < encoded.len; i++) {
        bytes[count] = encoded.ptr[i];
        if (encoded.ptr[i] == '%') {
            bool whole = i + 2 < encoded.len;
            int high = whole ? hex_value(encoded.ptr[i + 1]) : -1;
            int low = whole ? hex_value(encoded.ptr[i + 2]) : -1;

            if (high < 0 || low < 0)
                return false;
            bytes[count] = (char)(high * 16 + low);
            i += 2;
            if (!key_must_be_encoded(bytes[count]))
                return false;
        } else if (key_must_be_encoded(bytes[count])) {
            return false;
        }
        count++;
    }
    *name = (struct str){ bytes, count };
    return true;
}

/* Whether the text after the name belongs to the kind, and the status that it names. */
static bool read_behind(struct str behind, struct str wanted, bool by_status, struct str *status)
{
    *status = (struct str){ NULL, 0 };
    if (!str_starts(behind, wanted))
        return false;
    behind = str_from_offset(behind, wanted.len);
    if (!behind.len)
        return true;
    if (!by_status || behind.ptr[0] != ':')
        return false;
    *status = str_from_offset(behind, 1);
    return true;
}

static bool read_as(enum key_kind kind, struct str text, struct arena *arena,
                    struct key_parts *parts)
{
    struct str behind, encoded;
    const char *end;

    *parts = (struct key_parts){ .kind = kind, .name = STR("") };
    if (!str_starts(text, kinds[kind].before))
        return false;
    behind = str_from_offset(text, kinds[kind].before.len);
    if (!kinds[kind].behind.ptr)
        return read_behind(behind, STR(""), kinds[kind].by_status, &parts->status);
    end = memchr(behind.ptr, '}', behind.len);
    if (!end)
        return false;
    encoded = (struct str){ behind.ptr, (size_t)(end - behind.ptr) };
    behind = str_from_offset(behind, encoded.len);
    return read_behind(behind, kinds[kind].behind, kinds[kind].by_status, &parts->status) &&
           decode(encoded, arena, &parts->name);
}

/* Takes the tag of a shard off the front; false if it has none, and should. */
static bool take_tag(const struct ask *ask, struct str *key, unsigned *shard)
{
    *shard = 0;
    if (key_shards(ask) == 1)
        return true;
    for (; *shard < key_shards(ask); ++*shard) {
        struct str tag = shard_tag(*shard, key_shards(ask)), rest = *key;

        if (rest.len < tag.len + 3 || rest.ptr[0] != '{' ||
            !str_starts(str_from_offset(rest, 1), tag) ||
            !str_starts(str_from_offset(rest, 1 + tag.len), STR("}:")))
            continue;
        *key = str_from_offset(rest, tag.len + 3);
        return true;
    }
    return false;
}

struct key_parts key_read(struct ask *ask, struct str key)
{
    struct str prefix = ask->settings->key_prefix, rest;
    struct key_parts parts;
    unsigned shard;
    bool tagged;

    if (!str_starts(key, prefix))
        return (struct key_parts){ .kind = KEY_OTHER, .name = STR("") };
    key = rest = str_from_offset(key, prefix.len);
    tagged = take_tag(ask, &rest, &shard);
    for (enum key_kind kind = KEY_OTHER + 1; kind < KEY_KINDS; kind++) {
        if (!kinds[kind].common && !tagged)
            continue;
        if (!read_as(kind, kinds[kind].common ? key : rest, ask->arena, &parts))
            continue;
        parts.shard = kinds[kind].common ? 0 : shard;
        return parts;
    }
    return (struct key_parts){ .kind = KEY_OTHER, .name = STR("") };
}
