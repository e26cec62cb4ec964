/* sentinel.h: asks Redis Sentinels where the primary is. For connection.c, and for reports of what
 * sentinels say.
 *
 * Two connections go to each sentinel that the address names. On the first, the store asks four
 * times a second where the primary is and how new the sentinel's configuration is. Of those that
 * answer, the one with the newest configuration (config-epoch) is believed: in a failover this is
 * the sentinel that leads it, once it has seen that the replica is promoted; the others learn of it
 * later. While none answers, or none knows the primary, the last answer holds. On the second
 * connection sentinels announce a failover: first which replica is about to be promoted. It counts
 * as the primary from then on, because writes to the old one are lost. Then they announce that they
 * know of the switch, and all are asked at once. connection.c uses what sentinels name only while
 * its ROLE is that of a primary.
 *
 * Only sentinels_wait and sentinels_hear_out wait. Host names are looked up in threads (lookup.h):
 * the sentinels' here, the primary's by connection.c. */
#ifndef LASTSYNC_SENTINEL_H
#define LASTSYNC_SENTINEL_H

#include "store/redis/store.h"

struct sentinels;

/* Prepares the sentinels that an address names, without connecting. The address must outlive
 * them. */
struct sentinels *sentinels_open(const struct store_address *address);
void sentinels_close(struct sentinels *sentinels);

/* The primary's address: the store's, with the host and port that the sentinels tell. The host is
 * NULL until they have told one. Both change only within sentinels_look and sentinels_wait. */
const struct store_address *sentinels_primary(const struct sentinels *sentinels);

/* Does what is due: connects to sentinels, asks them, takes their answers. It may be called at any
 * time. True if the primary has changed. */
bool sentinels_look(struct sentinels *sentinels);

/* Makes the next question due at once, because something is wrong with the primary. */
void sentinels_hurry(struct sentinels *sentinels);

/* If a sentinel has announced a failover since the last call, waits a little for all their answers,
 * so that the next commands go to the new primary. True if the primary has changed. */
bool sentinels_hear_out(struct sentinels *sentinels);

/* The milliseconds until sentinels_look must be called again. */
int sentinels_patience(const struct sentinels *sentinels);

/* Looks until the primary is known, or `until` (ticks) has come. */
void sentinels_wait(struct sentinels *sentinels, int64_t until);

/* What sentinels tell. */
struct sentinel_news {
    const char *name; /* of the primary, as the address has it */
    struct str host;  /* the primary's; absent if not known */
    int port;
    unsigned named;     /* how many sentinels the address names, */
    unsigned answering; /* how many of them answer, */
    unsigned agreeing;  /* and how many of these name this primary */
};

void sentinels_tell(const struct sentinels *sentinels, struct sentinel_news *news);

/* Why the primary is not known, as a sentence that lives until the next call; NULL if it is
 * known. */
const char *sentinels_trouble(const struct sentinels *sentinels);

#endif
