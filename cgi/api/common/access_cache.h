/* access_cache.h: keeps for a moment the keys that Redis had, so that not every request has to ask
 * it.
 *
 * A revoked key stays valid while the cache keeps it: at most ACCESS_KNOWN_MILLISECONDS from the
 * moment when Redis was asked. Refused keys have a table of their own: guesses do not displace
 * valid keys.
 *
 * An entry belongs to an id and the secret that was shown with it. So a wrong secret takes the same
 * path whether there is such a key or not, even while Redis is away: nobody can find out which ids
 * exist. */
#ifndef LASTSYNC_ACCESS_CACHE_H
#define LASTSYNC_ACCESS_CACHE_H

#include "api/common/role.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/instant.h"

enum {
    ACCESS_KNOWN_MILLISECONDS = 4000,
    ACCESS_REFUSED_MILLISECONDS = 1000,
    ACCESS_KNOWN_KEYS = 256, /* valid keys that are kept at once */
    ACCESS_REFUSED_KEYS = 64
};

/* A key as Redis has it. */
struct access_key {
    struct str id;
    bool exists; /* if false, only the id has a value */
    struct digest secret;
    enum role role;
    struct str connectors; /* patterns separated by commas, for ROLE_REPORT */
    struct str owner;
    bool expires;
    struct instant expiry;
};

struct access_cache;

struct access_cache *access_cache_open(void);
void access_cache_close(struct access_cache *cache);

/* Finds the key with that id as Redis had it a moment before `now` (ticks), and copies its texts to
 * the arena. False if the cache has none for this id and the digest of the shown secret. */
bool access_cache_find(struct access_cache *cache, struct str id, const struct digest *shown,
                       int64_t now, struct arena *arena, struct access_key *key);

/* Keeps a copy of the key that Redis gave, for the digest of the shown secret. `asked` (ticks) is
 * when Redis was asked. */
void access_cache_keep(struct access_cache *cache, const struct access_key *key,
                       const struct digest *shown, int64_t asked);

/* Whether the key exists and `shown` is the digest of its secret. Takes the same time in each
 * case. */
bool access_key_fits(const struct access_key *key, const struct digest *shown);

#endif
