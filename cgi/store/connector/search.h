/* search.h: chooses connectors out of all of them. For the operations that list.
 *
 * The directory of a shard (see key_directory) has of each connector what searches look at, in the
 * order of names. A member is a byte for its group, then texts with NUL between them: the name, the
 * id, the service type, the index name, the description; and at the end '.', or '+' where one of
 * the texts was cut: then a search that the rest does not fit reads them in the connector's hash.
 */
#ifndef LASTSYNC_SEARCH_H
#define LASTSYNC_SEARCH_H

#include "store/connector/connector.h"
#include "store/connector/state.h"

enum { SEARCH_LIVE_NAMED = '0', SEARCH_LIVE_UNNAMED = '1', SEARCH_DELETED = '2' };

/* A connector that was found. */
struct found {
    struct str id;
    struct str key;  /* by which it is sorted, if not by its state: its name or its index name */
    int64_t score;   /* in `standings`, where that was asked for; -1 where it is not there */
    int64_t success; /* in `successes`, likewise */
    bool is_last;    /* it has no key, and comes behind all that have one, in either order */
};

struct search;

/* Follows when the search is over. */
typedef void search_then(struct ask *ask, struct search *search);

/* Whether a comes before b. */
typedef bool search_before(const struct search *search, const struct found *a,
                           const struct found *b);

struct search {
    struct walk walk;  /* whose keys, parts and segments say where to search, and in which order;
                          `counts` are there */
    bool by_directory; /* whether its members are the directory's; else they are ids */
    struct selection selection;    /* of the directory's */
    const struct str *index_names; /* only with one of these, where there are any; likewise */
    size_t index_name_count;
    bool key_is_index_name;
    bool wants_scores, wants_successes;
    unsigned states; /* that are wanted, a bit each; 0: all. Needs scores */
    int64_t now;
    search_before *before; /* NULL: what is found is in order already */
    bool descending;       /* for `before` */
    uint64_t from, size;

    struct found *found; /* the wanted part, in order */
    size_t found_count;
    uint64_t total; /* of all that fit */

    search_then *then;
    void *operation;

    /* its own */
    struct arena *texts;
    struct found *batch;
    bool *unsure;
    size_t batch_count, verified;
    struct found *heap;
    struct search_room {
        char *bytes;
        size_t size;
    } *rooms; /* of the texts of each in the heap */
    size_t heap_count;
};

/* Reads the walk's segments, whose parts were counted, and calls `then`. */
void search_run(struct ask *ask, struct search *search, search_then *then);

/* Reads the scores of what was found, and calls `then`. */
void search_score(struct ask *ask, struct search *search, search_then *then);

/* The keys of a sorted set in all shards. */
const struct str *search_keys(struct ask *ask, struct str (*key)(struct ask *ask, unsigned shard));

/* The three groups of the directory as parts, in the order of their bytes. */
extern const struct walk_part search_groups[3];

#endif
