/* schema.c: knows the versions of the schema. */
#include "store/schema/schema.h"

#include "base/number.h"
#include "store/schema/document.h"
#include "store/schema/key.h"

enum outcome schema_judge(struct str version)
{
    uint64_t number;

    if (!version.ptr)
        return ASKING;
    if (number_count(version, INT32_MAX, &number) != NUMBER_READ || number > SCHEMA_VERSION)
        return NEWER;
    return number < SCHEMA_VERSION ? OUTDATED : ASKING;
}

bool schema_may_shard(uint64_t shards)
{
    return shards && shards <= SHARDS_MAX && !(shards & (shards - 1));
}

enum outcome schema_read_shards(struct str text, unsigned *shards)
{
    uint64_t number = 1;

    if (text.ptr && number_count(text, SHARDS_MAX, &number) != NUMBER_READ)
        return NEWER;
    if (!schema_may_shard(number))
        return NEWER;
    *shards = (unsigned)number;
    return ASKING;
}

static void after_version(struct ask *ask, const struct reply *replies)
{
    struct str *version = ask->operation;

    *version = replies[0].text;
    ask_end(ask, FOUND);
}

void schema_read(struct ask *ask, struct str *version)
{
    ask->operation = version;
    ask_then(ask, after_version);
    ASK(ask, STR("HGET"), key_schema(ask), STR("version"));
}

void schema_mark(struct ask *ask, struct str version)
{
    const struct pair changes[] = { { STR("version"), ask_number(ask, SCHEMA_VERSION) },
                                    { STR("shards"), STR("1") } };
    const struct pair expected = { STR("version"), version };

    document_update(ask, (struct document){ key_schema(ask), STR("") }, changes, 2, &expected, 1);
}
