/* shard.c: shards, slots and tags. */
#include "store/schema/shard.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/schema/schema.h"

enum { TAG_BYTES = 8 };

unsigned shard_slot(struct str text)
{
    static uint16_t table[256];
    uint16_t crc = 0;

    if (!table[1])
        for (unsigned byte = 0; byte < 256; byte++) {
            unsigned value = byte << 8;

            for (int bit = 0; bit < 8; bit++)
                value = value << 1 ^ (value & 0x8000 ? 0x1021U : 0U);
            table[byte] = (uint16_t)value;
        }
    for (size_t i = 0; i < text.len; i++)
        crc = (uint16_t)((unsigned)crc << 8 ^
                         table[((unsigned)crc >> 8 ^ (unsigned char)text.ptr[i]) & 0xff]);
    return crc % SLOTS;
}

struct str shard_tag_of(struct str key)
{
    struct str rest = key, tag;

    (void)str_take(&rest, '{');
    if (!rest.ptr)
        return key;
    tag = str_take(&rest, '}');
    return rest.ptr && tag.len ? tag : key;
}

unsigned shard_of(struct str name, unsigned shards)
{
    return shards > 1 ? shard_slot(name) / (SLOTS / shards) : 0;
}

/* Finds the tags of so many shards: counts up until each shard has one. */
static char (*make_tags(unsigned shards))[TAG_BYTES]
{
    char(*tags)[TAG_BYTES] = calloc(shards, sizeof *tags);
    unsigned left = shards;

    if (!tags)
        abort();
    for (unsigned number = 0; left; number++) {
        char text[TAG_BYTES];
        int len = snprintf(text, sizeof text, "%u", number);
        unsigned shard = shard_of((struct str){ text, (size_t)len }, shards);

        if (tags[shard][0])
            continue;
        memcpy(tags[shard], text, sizeof text);
        left--;
    }
    return tags;
}

struct str shard_tag(unsigned shard, unsigned shards)
{
    static char(*tags)[TAG_BYTES];
    static unsigned made;

    if (made != shards) {
        free(tags);
        tags = make_tags(shards);
        made = shards;
    }
    return str_from(tags[shard]);
}
