/* walk.h: goes over sorted sets in order, over all shards at once, and chooses a part of their
 * members. For the operations that list.
 *
 * Each shard has a set of its own, with the same parts: stretches of scores, or of members that
 * begin with one byte, which together are the whole set, in its order. First the members of each
 * part are counted. Then segments are read one after the other: each is one part, or several that
 * are merged, of all shards. It reads only what it needs: if nothing is filtered, and only one set
 * has members in a segment, the members before the wanted part are skipped by rank.
 *
 * Changes that happen meanwhile may be seen, or not; a member whose place changes may be seen
 * twice, or not. All others are seen once. */
#ifndef LASTSYNC_WALK_H
#define LASTSYNC_WALK_H

#include "store/redis/ask.h"

enum {
    WALK_PARTS_MAX = 24,
    WALK_PAGE = 1000 /* new members that one command reads, and batches have, at the most */
};

/* A stretch of a set: the scores from `from` to below `to`; or, if `byte` is not 0, the members
 * that begin with it, whose scores are not read. */
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

/* Called when the parts are counted, or when the walk is over. */
typedef void walk_then(struct ask *ask, struct walk *walk);

/* Sees the next members. It gives true to go on at once; or false, after adding commands to the
 * ask, and calls walk_go_on once their replies are there. The members live until then. */
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
    uint64_t skip; /* members at the beginning that are passed over */
    uint64_t most; /* members after these that are wanted, at most */
    walk_take *take;
    walk_then *then;
    void *operation; /* the caller's, for walk_take */

    /* its own */
    uint64_t *shard_counts; /* by shard, then by part */
    struct walk_stream *streams;
    struct walk_stream *
        *ordered; /* the streams, by their next members; those that have none are last */
    size_t stream_count, segment;
    struct walk_entry *batch;
};

/* Counts the parts, then calls `then`. From now on the ask's operation belongs to the walk. */
void walk_count(struct ask *ask, struct walk *walk, walk_then *then);

/* Reads the segments, and calls walk->then when they are over, or `most` members were seen. */
void walk_read(struct ask *ask, struct walk *walk);

/* Goes on reading. To be called from a step of the caller's. */
void walk_go_on(struct ask *ask, struct walk *walk);

/* How many members the segments have. */
uint64_t walk_total(const struct walk *walk);

#endif
