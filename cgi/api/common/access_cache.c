/* access_cache.c: two small tables of keys. */
#include "api/common/access_cache.h"

#include <stdlib.h>

#include "base/chance.h"

enum { WAYS = 4 }; /* places that a key may have */

struct entry {
    int64_t until;         /* ticks; 0: nothing is here */
    struct access_key key; /* with its texts in `memory` */
    struct digest shown;   /* of the secret that the client has shown */
    char *memory;
};

struct access_cache {
    uint64_t seed; /* so that nobody can predict which ids share places */
    struct entry known[ACCESS_KNOWN_KEYS];
    struct entry refused[ACCESS_REFUSED_KEYS];
};

struct access_cache *access_cache_open(void)
{
    struct access_cache *cache = calloc(1, sizeof *cache);

    if (!cache)
        abort();
    chance_fill(&cache->seed, sizeof cache->seed);
    return cache;
}

static void forget_all(struct entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(entries[i].memory);
}

void access_cache_close(struct access_cache *cache)
{
    forget_all(cache->known, ACCESS_KNOWN_KEYS);
    forget_all(cache->refused, ACCESS_REFUSED_KEYS);
    free(cache);
}

/* Gives the first of the places for an id in a table of `count`. */
static struct entry *places(const struct access_cache *cache, struct entry *entries, size_t count,
                            struct str id)
{
    uint64_t hash = 0xcbf29ce484222325U ^ cache->seed; /* FNV-1a */

    for (size_t i = 0; i < id.len; i++)
        hash = (hash ^ (unsigned char)id.ptr[i]) * 0x100000001b3U;
    return entries + (hash ^ hash >> 32) % (count / WAYS) * WAYS;
}

bool access_key_fits(const struct access_key *key, const struct digest *shown)
{
    bool equal = digest_equal(&key->secret, shown);

    return equal && key->exists;
}

static bool is_of(const struct entry *entry, struct str id, const struct digest *shown)
{
    return str_equal(entry->key.id, id) && digest_equal(&entry->shown, shown);
}

static const struct entry *find_entry(const struct entry *place, struct str id,
                                      const struct digest *shown, int64_t now)
{
    for (size_t i = 0; i < WAYS; i++)
        if (place[i].until > now && is_of(&place[i], id, shown))
            return &place[i];
    return NULL;
}

bool access_cache_find(struct access_cache *cache, struct str id, const struct digest *shown,
                       int64_t now, struct arena *arena, struct access_key *key)
{
    const struct entry *entry =
        find_entry(places(cache, cache->known, ACCESS_KNOWN_KEYS, id), id, shown, now);

    if (!entry)
        entry = find_entry(places(cache, cache->refused, ACCESS_REFUSED_KEYS, id), id, shown, now);
    if (!entry)
        return false;
    *key = entry->key;
    key->id = arena_copy(arena, key->id);
    key->connectors = arena_copy(arena, key->connectors);
    key->owner = arena_copy(arena, key->owner);
    return true;
}

/* Picks the place: the key's own, or else the oldest. */
static struct entry *choose(struct entry *place, struct str id, const struct digest *shown)
{
    struct entry *oldest = place;

    for (size_t i = 0; i < WAYS; i++) {
        if (place[i].until && is_of(&place[i], id, shown))
            return &place[i];
        if (place[i].until < oldest->until)
            oldest = &place[i];
    }
    return oldest;
}

static struct str move_text(char **memory, struct str text)
{
    struct str moved = { *memory, text.len };

    if (text.len)
        memcpy(*memory, text.ptr, text.len);
    *memory += text.len;
    return moved;
}

void access_cache_keep(struct access_cache *cache, const struct access_key *key,
                       const struct digest *shown, int64_t asked)
{
    bool fits = access_key_fits(key, shown);
    struct entry *place = fits ? places(cache, cache->known, ACCESS_KNOWN_KEYS, key->id)
                               : places(cache, cache->refused, ACCESS_REFUSED_KEYS, key->id);
    struct entry *entry = choose(place, key->id, shown);
    char *memory = malloc(key->id.len + key->connectors.len + key->owner.len + 1);

    if (!memory)
        abort();
    free(entry->memory);
    entry->memory = memory;
    entry->key = *key;
    entry->shown = *shown;
    entry->key.id = move_text(&memory, key->id);
    entry->key.connectors = move_text(&memory, key->connectors);
    entry->key.owner = move_text(&memory, key->owner);
    entry->until = asked + (fits ? ACCESS_KNOWN_MILLISECONDS : ACCESS_REFUSED_MILLISECONDS);
}
