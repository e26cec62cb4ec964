/* walk.h: goes over sorted sets in order, over all shards at once, and chooses a part of what is
 * there. For the operations that list.
 *
 * Each shard has a set of its own, with the same parts: stretches of scores, or of members that
 * begin with one byte, which together are the whole set, in its order. First the members of each
 * part are counted. Then segments are read one after the other: each is one part, or several that
 * are merged, of all shards. Nothing is read that is not needed: where nothing is filtered, and one
 * set alone has a segment, what is before the wanted part is skipped by its rank.
 *
 * What changes meanwhile may be seen, or not. */
#ifndef LASTSYNC_WALK_H
#define LASTSYNC_WALK_H

#include "store/redis/ask.h"

enum {
    WALK_PARTS_MAX = 24,
    WALK_PAGE = 500 /* members that one command reads at the most */
};

/* A stretch of a set: the scores from `from` up to `to`, that one excluded; or, where `byte` is
 * set, the members that begin with it. */
struct walk_part {
    int64_t from, to;
    char byte;
};

/* How the members of several parts, or of several shards, are merged. */
enum walk_order {
    WALK_BY_SCORE, /* by score, then by member */
    WALK_BY_MEMBER,
    WALK_BY_OFFSET /* by the distance of the score from the beginning of the part, then by member */
};

struct walk_segment {
    uint32_t parts; /* a set of them: 1 << its number */
    enum walk_order order;
    bool reversed;
};

struct walk_entry {
    struct str member;
    int64_t score;
    unsigned shard;
};

struct walk;

/* Follows when the parts are counted, or when the walk is over. */
typedef void walk_then(struct ask *ask, struct walk *walk);

/* Sees the next members, which live until it returns. It may put commands into the ask, and call
 * walk_go_on behind their replies; or gives true, to go on at once. */
typedef bool walk_take(struct ask *ask, struct walk *walk, const struct walk_entry *entries,
                       size_t count);

struct walk {
    const struct str *keys; /* of the set in each shard */
    unsigned shards;
    const struct walk_part *parts;
    size_t part_count;
    uint64_t counts[WALK_PARTS_MAX]; /* of each part, over all shards */

    const struct walk_segment *segments;
    size_t segment_count;
    uint64_t skip; /* members at the beginning that nobody wants to see */
    uint64_t most; /* members behind these that are wanted at the most */
    walk_take *take;
    walk_then *then;
    void *operation; /* the caller's, which walk_take finds here */

    /* its own */
    uint64_t *shard_counts; /* by shard, then by part */
    struct walk_stream *streams;
    struct walk_stream *
        *ordered; /* the streams, by their next members; those that have none are last */
    size_t stream_count, segment;
    struct walk_entry *batch;
};

/* Counts the parts, then calls `then`. The ask's operation is the walk's from then on. */
void walk_count(struct ask *ask, struct walk *walk, walk_then *then);

/* Reads the segments, and calls walk->then when they are over, or `most` members were seen. */
void walk_read(struct ask *ask, struct walk *walk);

/* Goes on reading, from within a step of the caller's. */
void walk_go_on(struct ask *ask, struct walk *walk);

/* Sees no more: the next thing is walk->then. */
void walk_stop(struct walk *walk);

/* How many members the segments have. */
uint64_t walk_total(const struct walk *walk);

#endif
