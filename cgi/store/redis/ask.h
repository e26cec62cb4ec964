/* ask.h: requests to the store, and their outcomes.
 *
 * An ask is one operation on documents ("merge these fields into that connector"). It runs as a
 * chain of steps: each step puts commands for Redis into the ask, and the next step reads their
 * replies. This header and the operations know the schema and no client library; only redis.c sends
 * anything. */
#ifndef LASTSYNC_ASK_H
#define LASTSYNC_ASK_H

#include <limits.h>
#include <stdint.h>

#include "base/arena.h"

struct sentinels;

enum outcome {
    ASKING, /* not answered yet */
    CREATED,
    UPDATED,
    NOOP,
    DELETED,
    FOUND,
    MISSING,
    TAKEN,     /* the index name belongs to another connector */
    NATIVE,    /* it is Elastic-managed, and the index name is not one for that */
    CHANGED,   /* a field is no longer what the caller expected: read it again */
    FULL,      /* the limit of their number is reached */
    TOO_LARGE, /* more was asked for than an answer may hold */
    OUTDATED,  /* the data has a version of the schema that must be upgraded first, */
    NEWER,     /* or one of a newer lastsync */
    CLUSTERED, /* Redis is a node of a Redis Cluster, and its address does not say so, */
    ALONE,     /* or the address says so, and it is none */
    AWAY,      /* Redis does not answer, or cannot serve now: later it may */
    FAULTY /* Redis refuses: foreign data under our keys, missing rights, or a fault in lastsync */
};

#define ALL_REPLICAS UINT_MAX /* as a number of replicas: all that Redis has, and at least one */

/* Gives a sentence for an outcome that stays until an operator acts (OUTDATED to ALONE); absent for
 * all others. */
struct str outcome_sentence(enum outcome outcome);

/* The settings of all asks of a process. */
struct ask_settings {
    struct str key_prefix;
    unsigned shards; /* the number of shards of the data; the store sets it to the number stored in
                        the data. Before that, it is the number for empty data; 0 counts as 1 */
    unsigned nodes; /* the nodes of Redis with the data: 1, or a cluster's primaries. The store sets
                       it */
    unsigned unserved;    /* slots of a cluster that no node serves; the store sets it */
    unsigned acknowledge; /* replicas that must have a write before it is acknowledged */
    unsigned acknowledge_milliseconds; /* how long they may take */
    unsigned history;                  /* syncs that a connector's stream holds; 0: it has none */
    unsigned days;       /* for which counts of ended syncs are kept; 0: nothing is counted */
    unsigned events;     /* entries that the stream of a shard holds; 0: nothing is told */
    unsigned max_age;    /* seconds after which a connector without a schedule is late */
    unsigned late_grace; /* seconds that a scheduled sync may take before it is late */
    const struct sentinels *sentinels; /* or NULL; the store sets it */
};

/* A field and its value: absent if the field is not stored, or is to be cleared. */
struct pair {
    struct str name;
    struct str value;
};

/* A Lua script: its text, and the SHA-1 of it in hexadecimal. */
struct script {
    const char *text;
    const char *sha1;
};

/* A command for Redis. With a script, the words are its number of keys, the keys and its ARGV. */
struct command {
    const struct script *script; /* NULL: the first word is the command's name */
    struct str *words;
    size_t count, room;
    unsigned node; /* 0: the node that has its first key; else a node, numbered from 1 to the
                      settings' nodes */
};

enum reply_kind { REPLY_NOTHING, REPLY_TEXT, REPLY_NUMBER, REPLY_LIST, REPLY_ERROR };

/* A reply of Redis. Its texts live as long as the ask's arena; of an ask that reads in slices,
 * until the step that reads them has ended. */
struct reply {
    enum reply_kind kind;
    struct str text;
    int64_t number; /* of an error: its enum outcome */
    const struct reply *items;
    size_t count;
};

/* Gives the `at`-th text of a REPLY_LIST; absent if it is nil or there is none. */
static inline struct str reply_item(const struct reply *reply, size_t at)
{
    if (reply->kind != REPLY_LIST || at >= reply->count)
        return (struct str){ NULL, 0 };
    return reply->items[at].text;
}

/* A document: the values of the requested fields, in their order, absent if not stored. */
struct row {
    struct str id;
    bool deleted;
    int64_t score; /* of a connector in an overview: its state, see store/connector/state.h */
    struct str *values;
    const struct reply *history; /* the entries of its stream, if asked for */
    const struct reply *days;    /* its counts by day, if asked for: names and values */
};

struct ask;

/* Reads the replies to the commands that the ask holds. It either sets ask->outcome, or puts new
 * commands into the ask. An error ends the ask before the step sees it, unless the ask takes
 * errors. */
typedef void ask_step(struct ask *ask, const struct reply *replies);

/* Takes rows of a list as they arrive; they live until it returns. False ends the ask with
 * TOO_LARGE. */
typedef bool ask_take_rows(struct ask *ask, const struct row *rows, size_t count);

struct ask {
    struct arena *arena;
    const struct ask_settings *settings;
    unsigned shards;  /* the settings' number when it was opened */
    int64_t deadline; /* ticks, see instant.h: no step is sent that cannot be answered by then;
                         ASK_ABANDONED: nobody waits for the outcome any more */

    enum outcome outcome;
    const struct row *rows; /* FOUND: the documents; of a list, none: take_rows had them */
    size_t row_count;
    uint64_t total; /* of a list: how many match, outside the wanted part, too. Known before rows
                       are taken */
    ask_take_rows *take_rows; /* of a list */
    void *taker;              /* its own */

    struct command *commands;
    size_t command_count;
    size_t command_room;
    ask_step *next;
    void *operation; /* the operation's own state */

    struct arena *rooms[2]; /* of an ask that reads in slices: the memory of this step, and of the
                               one before */
    unsigned steps;         /* the number of steps so far */
    size_t expected;        /* about how many bytes the replies to its commands may have */
    bool reads; /* it waits until asks that write are sent, and for its share of a flush */

    const struct log_subject *subject; /* the ids for log lines about it, or NULL */
    bool takes_errors;                 /* its steps see error replies like any other */
    bool takes_losses;   /* and, without a text, errors for nodes that do not answer */
    bool takes_parts;    /* its steps see both, though they are logged, and use what else came */
    bool reads_only;     /* replicas need not acknowledge it */
    bool unacknowledged; /* too few replicas had its writes in time */
};

#define ASK_ABANDONED INT64_MIN

/* Makes the ask ready for an operation. The settings must outlive it. Its deadline is far away. */
void ask_open(struct ask *ask, struct arena *arena, const struct ask_settings *settings);

/* For an operation that reads much: makes its steps slices. The memory of a slice is freed once the
 * next one has been read. A step takes memory from ask_memory(). */
void ask_in_slices(struct ask *ask);

/* Gives memory that lives until the next step has ended; of an ask that does not read in slices,
 * the ask's own. */
struct arena *ask_memory(struct ask *ask);

/* Adds a command by its words. */
#define ASK(ask, ...)                                                                              \
    ask_command(ask, NULL, (const struct str[]){ __VA_ARGS__ },                                    \
                sizeof(const struct str[]){ __VA_ARGS__ } / sizeof(struct str))

/* Adds a call of a script on one key, with the first words of its ARGV; words may follow. */
#define ASK_SCRIPT(ask, script, ...)                                                               \
    ask_command(ask, script, (const struct str[]){ STR("1"), __VA_ARGS__ },                        \
                1 + sizeof(const struct str[]){ __VA_ARGS__ } / sizeof(struct str))

/* Adds a command, or with a script a call of it. The words are copied, but not their bytes. */
void ask_command(struct ask *ask, const struct script *script, const struct str *words,
                 size_t count);

/* Sends the latest command to one node, numbered from 0 up to the settings' nodes. */
void ask_at_node(struct ask *ask, unsigned node);

/* Add words to the latest command: one; several; a number; how many pairs there are, and of each
 * its name and value. */
void ask_word(struct ask *ask, struct str word);
void ask_words(struct ask *ask, const struct str *words, size_t count);
void ask_word_number(struct ask *ask, int64_t number);
void ask_word_pairs(struct ask *ask, const struct pair *pairs, size_t count);

/* Forgets the commands of the step before, and sets the step that reads the replies to the next
 * ones. */
void ask_then(struct ask *ask, ask_step *next);

/* Ends the ask. */
void ask_end(struct ask *ask, enum outcome outcome);

/* Gives a number as a word. */
struct str ask_number(struct ask *ask, int64_t number);

/* Swaps the memories of an ask that reads in slices, before a step. For redis.c. */
void ask_turn(struct ask *ask);

#endif
