/* store.h: sends what is asked to Redis, in one pipeline per turn and node, and brings the answers.
 *
 * There is one thread, and one connection to each node: one Redis, or the primaries of a Redis
 * Cluster. A connection that failed or timed out is dropped and never repaired, because a late
 * reply would go to the wrong ask. While a node is away, each ask that needs it ends at once: AWAY;
 * or FAULTY, if Redis refuses us; or OUTDATED or NEWER, if its data are. store_tick connects again,
 * without ever waiting.
 *
 * In a cluster the keys of a shard lie in one slot. A command goes to the node that serves the slot
 * of its first key. If another node has taken the slot over, the first one says so (MOVED, ASK),
 * and the command goes there within the same flush. A script is sent with one more key of the same
 * slot, which never exists. Because of it Redis refuses the script (TRYAGAIN) while the slot is
 * being moved and some of its keys are on each node; else the script could write one half and fail
 * at the other. */
#ifndef LASTSYNC_STORE_H
#define LASTSYNC_STORE_H

#include "store/redis/ask.h"

struct store;

/* What a store does about the data's version of the schema (see schema.h): SCHEMA_IGNORED, nothing;
 * SCHEMA_READ, it refuses every version but the current one; SCHEMA_SERVED, it also writes the
 * version if there are no data; SCHEMA_REPAIRED, it refuses newer versions only. */
enum schema_use { SCHEMA_IGNORED, SCHEMA_READ, SCHEMA_SERVED, SCHEMA_REPAIRED };

/* Where Redis listens, and how to log in. */
struct store_address {
    const char *path; /* of its Unix socket, or NULL */
    const char *host; /* NULL: a Unix socket, or sentinels have not told it yet */
    int port;
    const char *sentinels; /* "host:port", separated by commas, that know where it is; or NULL, */
    const char *primary_name;                           /* by this name, */
    const char *sentinel_user, *sentinel_password_file; /* and how they let us in */
    bool cluster;                                       /* it is a Redis Cluster, */
    const char *seeds; /* and these are some of its nodes: "host:port", separated by commas */
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

/* Reads an address: unix:/path or unix:///path, also with ?db=N;
 * redis://[[user][:password]@]host[:port][/N];
 * redis+cluster://[[user][:password]@]host[:port][,...], with nodes of a Redis Cluster; or
 * redis+sentinel://[[user][:password]@]host[:port][,...]/name[/N], with Redis Sentinels and their
 * name for the primary. rediss instead of redis means TLS. User and password may be
 * percent-encoded. The parts lie in `room`, which must hold len + 1 bytes. False if it is none of
 * these. */
bool store_read_address(struct str url, char *room, struct store_address *address);

enum { STORE_SENTINELS_MAX = 16 };

/* Take the next of an address's seeds, or of its sentinels; false if there is none, or it is
 * malformed. *host is a view into the text. */
bool store_take_seed(struct str *seeds, struct str *host, int *port);
bool store_take_sentinel(struct str *sentinels, struct str *host, int *port);

/* Writes the address, or a text that should have been one, with "***" for its password; cut to
 * `size` bytes. True if there was a password. */
bool store_mask_address(struct str url, char *masked, size_t size);

/* Why TLS cannot be used with the files that the address names, or NULL. The sentence lives until
 * the next call. */
const char *store_tls_fault(const struct store_address *address);

/* What is wrong with the password file, or NULL. */
const char *store_password_fault(const struct store_address *address);

/* Opens a store, and connects if Redis is there at once. For a slow resolver, sentinels, a connect
 * that is under way, and the greeting, it waits as long as a flush does, but at most a second; for
 * a cluster a second. One flush waits `patience` milliseconds for replies. The store sets the
 * settings' shards to the data's; if there are no data, it gives them the settings' shards. The
 * address and the settings must outlive the store. */
struct store *store_open(const struct store_address *address, struct ask_settings *settings,
                         int patience);
void store_close(struct store *store);

/* Takes an ask that an operation has made ready; one that has ended already, as it has nothing to
 * ask for, is left alone. It must stay in place until its outcome is set. */
void store_send(struct store *store, struct ask *ask);

/* Sends the commands of asks that have no outcome yet, in one write to each node, reads all replies
 * and lets each ask take its next step. If replicas must acknowledge, WAIT follows the commands
 * that write; an ask that too few replicas acknowledge ends AWAY: what it wrote may be lost, or
 * not. Asks that write go first; then asks that read, as many as fit into the flush's budget; the
 * others go with the next flush. An ask whose deadline would pass before the store's patience is
 * not sent, and ends AWAY. Scripts go by their SHA-1; those that Redis does not know (NOSCRIPT) are
 * sent once more, as text. Waits for at most the store's patience and, if replicas are late with
 * their acknowledgement, 100 ms more. If the connection fails
 * meanwhile, the asks that were sent end AWAY, and the others are sent on the next connection; in a
 * cluster, if that node is there again by the next flush. */
void store_flush(struct store *store);

/* The name of a kind of errors, by the number under which METRIC_REDIS_ERRORS counts it: one of
 * Redis's error words, or of a failure without one. Absent after the last. */
struct str store_error_kind(unsigned number);

/* Whether there are asks without an outcome. */
bool store_pending(const struct store *store);

/* Connects and reconnects, one step at a time, without waiting. Gives the milliseconds until it
 * must be called again, or -1 while all is well. */
int store_tick(struct store *store);

#endif
