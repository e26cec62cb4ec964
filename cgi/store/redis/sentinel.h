/* sentinel.h: asks Redis Sentinels where the primary is. For connection.c; and for whoever reports
 * what they say.
 *
 * Two connections go to each sentinel that the address names. By one it is asked four times a
 * second where the primary is and how new its configuration is. Of those that answer, the one with
 * the newest configuration (config-epoch) is believed: in a failover this is the sentinel that
 * leads it, once it has seen that the replica is promoted; the others learn of it later. While none
 * answers, or none knows the primary, the last word holds. By the other connection sentinels tell
 * of a failover: first which replica is about to be promoted, which is taken for the primary from
 * then on, for the old one takes writes that are lost; then that they know of the switch, upon
 * which all are asked at once. What sentinels name is used only while its ROLE is that of a
 * primary, which is up to connection.c.
 *
 * Nothing here waits but sentinels_wait and sentinels_hear_out. Hosts' names are looked up beside
 * (lookup.h), those of sentinels here and the primary's by connection.c. */
#ifndef LASTSYNC_SENTINEL_H
#define LASTSYNC_SENTINEL_H

#include "store/redis/store.h"

struct sentinels;

/* For an address that names sentinels, and must outlive it. Connects nothing yet. */
struct sentinels *sentinels_open(const struct store_address *address);
void sentinels_close(struct sentinels *sentinels);

/* Where the primary is: the address with the host and port that the sentinels say. The host is NULL
 * until they have said one. They change only within sentinels_look and sentinels_wait. */
const struct store_address *sentinels_primary(const struct sentinels *sentinels);

/* Connects to sentinels, asks them and takes what they say, as far as that is due: it may be called
 * as often as one likes. True where the primary is another one than before. */
bool sentinels_look(struct sentinels *sentinels);

/* Lets them be asked as soon as there is time: something is wrong with the primary. */
void sentinels_hurry(struct sentinels *sentinels);

/* Where a sentinel has told of a failover since: waits a little for what they all say now, so that
 * what is about to be sent goes to the new primary. True where it is another one than before. */
bool sentinels_hear_out(struct sentinels *sentinels);

/* The milliseconds until sentinels_look must be called again. */
int sentinels_patience(const struct sentinels *sentinels);

/* Looks until the primary is known, or `until` (ticks) has come. */
void sentinels_wait(struct sentinels *sentinels, int64_t until);

/* What sentinels say. */
struct sentinel_news {
    const char *name; /* of the primary, as the address has it */
    struct str host;  /* the primary's; absent where it is not known */
    int port;
    unsigned named;     /* sentinels that the address names, */
    unsigned answering; /* of them that answer, */
    unsigned agreeing;  /* and of these that name this primary */
};

void sentinels_tell(const struct sentinels *sentinels, struct sentinel_news *news);

/* Why the primary is not known, as a sentence that lives until the next call; NULL where it is. */
const char *sentinels_trouble(const struct sentinels *sentinels);

#endif
