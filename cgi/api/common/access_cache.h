/* access_cache.h: what Redis said of keys a moment ago, so that not every request has to ask it.
 *
 * A key that is revoked stays known for as long as the cache keeps it: no longer than
 * ACCESS_KNOWN_MILLISECONDS from the moment when Redis was asked. What was refused has a room of
 * its own, so that guesses drive no key out.
 *
 * Everything is kept by an id and the secret that was shown with it. So a wrong secret takes the
 * same way whether there is such a key or not: nobody can find out, not even while Redis is away.
 */
#ifndef LASTSYNC_ACCESS_CACHE_H
#define LASTSYNC_ACCESS_CACHE_H

#include "api/common/role.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/instant.h"

enum {
    ACCESS_KNOWN_MILLISECONDS = 4000,
    ACCESS_REFUSED_MILLISECONDS = 1000,
    ACCESS_KNOWN_KEYS = 256, /* that are kept at once */
    ACCESS_REFUSED_KEYS = 64
};

/* What Redis has of a key. */
struct access_key {
    struct str id;
    bool exists; /* else only the id is of use */
    struct digest secret;
    enum role role;
    struct str connectors; /* patterns with commas between them, for ROLE_REPORT */
    struct str owner;
    bool expires;
    struct instant expiry;
};

struct access_cache;

struct access_cache *access_cache_open(void);
void access_cache_close(struct access_cache *cache);

/* The key of that id, as Redis had it a moment before `now` (ticks), its texts copied to the arena.
 * False where that is not known, or was not for whoever showed the secret of that digest. */
bool access_cache_find(struct access_cache *cache, struct str id, const struct digest *shown,
                       int64_t now, struct arena *arena, struct access_key *key);

/* Keeps a copy of what Redis said, when it was asked at `asked` for whoever showed the secret of
 * that digest. */
void access_cache_keep(struct access_cache *cache, const struct access_key *key,
                       const struct digest *shown, int64_t asked);

/* Whether a key is there, and that is its secret. Takes the same time whatever it is. */
bool access_key_fits(const struct access_key *key, const struct digest *shown);

#endif
