/* search.h: searches all connectors. For the operations that list.
 *
 * The directory of a shard (see key_directory) has the searched texts of each connector, in the
 * order of names. A member is a byte for its group, then texts separated by NUL: the name, the id,
 * the service type, the index name, the description; and at the end '.', or '+' if one of the texts
 * was cut. If such a member does not match, the search reads the full texts in the connector's
 * hash. */
#ifndef LASTSYNC_SEARCH_H
#define LASTSYNC_SEARCH_H

#include "store/connector/connector.h"
#include "store/connector/failures.h"
#include "store/connector/state.h"

enum { SEARCH_LIVE_NAMED = '0', SEARCH_LIVE_UNNAMED = '1', SEARCH_DELETED = '2' };

/* A connector that was found. */
struct found {
    struct str id;
    unsigned shard;
    struct str key;  /* the sort key, unless sorted by state: its name or its index name */
    int64_t score;   /* in `standings`, if asked for; -1 if it is not there */
    int64_t success; /* in `successes`, likewise */
    bool is_last;    /* it has no sort key, and comes after all that have one, in either order */
};

struct search;

/* Runs when the search is over. */
typedef void search_then(struct ask *ask, struct search *search);

/* Whether a comes before b. */
typedef bool search_before(const struct search *search, const struct found *a,
                           const struct found *b);

struct search {
    struct walk walk;  /* its keys, parts and segments say where to search, and in which order; its
                          `counts` are filled in */
    bool by_directory; /* the walk's members are the directory's; else they are ids */
    struct selection selection;      /* needs by_directory */
    const struct failures *failures; /* what the selection finds in errors; may be NULL */
    const struct str *index_names;   /* only with one of these, if any; needs by_directory */
    size_t index_name_count;
    bool key_is_index_name;
    bool wants_scores, wants_successes;
    unsigned states; /* the wanted states, a bit each; 0: all. Needs scores */
    int64_t now;
    search_before *before; /* NULL: keep the order of the walk */
    bool descending;       /* for `before` */
    uint64_t from, size;

    struct found *found; /* the wanted part, in order */
    size_t found_count;
    uint64_t total; /* number of all that match */

    search_then *then;
    void *operation;

    /* private */
    struct arena *texts;
    struct found *batch;
    bool *unsure;
    size_t batch_count, verified;
    struct found *heap;
    struct search_room {
        char *bytes;
        size_t size;
    } *rooms; /* for the texts of each element of the heap */
    size_t heap_count;
};

/* Reads the walk's segments, whose parts must be counted before, and calls `then`. */
void search_run(struct ask *ask, struct search *search, search_then *then);

/* Reads the scores of the found connectors, and calls `then`. */
void search_score(struct ask *ask, struct search *search, search_then *then);

/* Gives the keys of a sorted set in all shards. */
const struct str *search_keys(struct ask *ask, struct str (*key)(struct ask *ask, unsigned shard));

/* The three groups of the directory as parts, in the order of their bytes. */
extern const struct walk_part search_groups[3];

#endif
