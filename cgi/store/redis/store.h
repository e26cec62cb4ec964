/* store.h: sends what is asked to Redis, in one pipeline per turn and node, and brings the answers.
 *
 * One connection for each node of Redis (there is one, or those of a Redis Cluster), one thread. A
 * connection that failed or timed out is thrown away and never repaired, for a late reply would go
 * to the wrong ask. While a node is away every ask that needs it ends AWAY at once (or FAULTY,
 * where Redis is there and does not let us in; OUTDATED or NEWER where the data is), and store_tick
 * looks for it again without ever waiting.
 *
 * In a cluster the keys of a shard lie in one slot. A command goes to the node that serves the slot
 * of its first key; where another one does by now, the node says so (MOVED, ASK), and the command
 * goes there within the same flush. A script is sent with one more key, of the same slot, which is
 * never there: so Redis refuses it (TRYAGAIN) while the slot is being moved and some of its keys
 * are here and some there; else the script could write one half and fail at the other. */
#ifndef LASTSYNC_STORE_H
#define LASTSYNC_STORE_H

#include "store/redis/ask.h"

struct store;

/* What is done about the version of the schema that the data has (see schema.h): nothing; it is
 * refused where it is not the one that is served; and is written, too, where there are no data. Or
 * it is only refused where it is newer. */
enum schema_use { SCHEMA_IGNORED, SCHEMA_READ, SCHEMA_SERVED, SCHEMA_REPAIRED };

/* Where Redis listens, and how it lets us in. */
struct store_address {
    const char *path; /* of its Unix socket, or NULL */
    const char *host; /* NULL: of a Unix socket, or as long as sentinels have not said it */
    int port;
    const char *sentinels;    /* "host:port", a comma between two: who know where it is; or NULL, */
    const char *primary_name; /* by this name, */
    const char *sentinel_user, *sentinel_password_file; /* and how they let us in */
    bool cluster;                                       /* it is a Redis Cluster, */
    const char *seeds; /* and these are nodes of it: "host:port", and a comma between two */
    unsigned database;
    bool tls;
    const char
        *ca_file; /* who may have signed its certificate; NULL: those that the system knows */
    const char *certificate_file, *key_file; /* that we show, or NULL */
    const char *user;                        /* NULL: Redis's default user */
    const char *password; /* NULL: none, or in a file, which is read at each connect */
    const char *password_file;
    enum schema_use schema_use;
};

/* Reads unix:/path, unix:///path, and either of them with ?db=N, or
 * redis://[[user][:password]@]host[:port][/N], where user and password may be percent-encoded, and
 * the same as rediss:// for TLS; or redis+cluster://[[user][:password]@]host[:port][,...], which
 * names nodes of a Redis Cluster, and rediss+cluster://; or
 * redis+sentinel://[[user][:password]@]host[:port][,...]/name[/N], which names Redis Sentinels and
 * what they call the primary, and rediss+sentinel://. The parts lie in `room`, which must hold len
 * + 1 bytes. False where it is none of these. */
bool store_read_address(struct str url, char *room, struct store_address *address);

enum { STORE_SENTINELS_MAX = 16 };

/* Take the next of an address's seeds, or of its sentinels; false where there is none, or it is
 * malformed. The host is a part of the text. */
bool store_take_seed(struct str *seeds, struct str *host, int *port);
bool store_take_sentinel(struct str *sentinels, struct str *host, int *port);

/* Writes the address, or what should have been one, with "***" for a password; cut where `size`
 * bytes are too few. True where there was one. */
bool store_mask_address(struct str url, char *masked, size_t size);

/* Why TLS cannot be used, with the files that the address names, or NULL. Both lie in a place of
 * their own until the next call. */
const char *store_tls_fault(const struct store_address *address);

/* What is wrong with the password's file, or NULL. */
const char *store_password_fault(const struct store_address *address);

/* A store, connected if Redis is there at once. `patience` is the milliseconds that one flush waits
 * for replies. The address and the settings must outlive it; it sets the settings' shards to what
 * the data says, and where there are no data, makes them what the settings say. */
struct store *store_open(const struct store_address *address, struct ask_settings *settings,
                         int patience);
void store_close(struct store *store);

/* Takes an ask that an operation has made ready. It must stay in place until its outcome is set. */
void store_send(struct store *store, struct ask *ask);

/* Sends the commands of asks that have no outcome yet, in one write to each node, reads all replies
 * and lets each ask take its next step. Where replicas are to acknowledge, WAIT follows behind what
 * writes, and an ask ends AWAY that too few of them know of: what it wrote may be lost, or not.
 * Those that write go first; of those that read, as many as fit into the flush's budget, and the
 * others with the next one. An ask whose deadline would pass before the store's patience is not
 * sent, and ends AWAY. Scripts go by their SHA-1, and those that Redis does not know (NOSCRIPT)
 * once more as text. Waits for at most the store's patience; where the connection fails meanwhile,
 * the asks that were sent end AWAY, and the others go by the next one.
 */
void store_flush(struct store *store);

/* What a kind of errors is called, by the number under which METRIC_REDIS_ERRORS counts it: Redis's
 * own words, and failures without one. Absent behind the last. */
struct str store_error_kind(unsigned number);

/* Whether there are asks without an outcome. */
bool store_pending(const struct store *store);

/* Connects and reconnects, a step at a time. Gives the milliseconds after which it must be called
 * again at the latest, -1 while all is well. */
int store_tick(struct store *store);

#endif
