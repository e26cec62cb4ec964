/* ask.h: what is asked of the store, and what it answers.
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
    FULL,      /* there may be no more of them */
    TOO_LARGE, /* more was asked for than an answer may hold */
    OUTDATED,  /* the data has a version of the schema that must be upgraded first, */
    NEWER,     /* or one of a newer lastsync */
    CLUSTERED, /* Redis is a node of a Redis Cluster, and its address does not say so, */
    ALONE,     /* or the address says so, and it is none */
    AWAY,      /* Redis does not answer, or cannot serve now: later it may */
    FAULTY     /* Redis refuses: foreign data under our keys, missing rights, a fault of ours */
};

#define ALL_REPLICAS UINT_MAX /* as a number of them: all that Redis has, and at least one */

/* What an outcome says that stays until an operator does something (OUTDATED to ALONE), as a
 * sentence; absent for all others. */
struct str outcome_sentence(enum outcome outcome);

/* What holds for all asks of a process. */
struct ask_settings {
    struct str key_prefix;
    unsigned shards; /* into which the data is parted; the store sets it to what the data says.
                        Before that, for data that is still empty: 0 counts as 1 */
    unsigned nodes;  /* of Redis, among which the data lies: 1, or a cluster's primaries. The store
                        sets it */
    unsigned acknowledge; /* replicas that must have a write before it is acknowledged */
    unsigned acknowledge_milliseconds; /* that they have for it */
    unsigned history;                  /* syncs that a connector's stream holds; 0: it has none */
    unsigned days;       /* that counts of ended syncs are kept; 0: nothing is counted */
    unsigned events;     /* that the stream of a shard holds; 0: nothing is told */
    unsigned max_age;    /* seconds after which a connector without a schedule is late */
    unsigned late_grace; /* seconds that a scheduled sync may take before it is late */
    const struct sentinels *sentinels; /* who say where Redis is, or NULL; the store sets it */
};

/* A field and its value: absent for a field that is not there, or is to be cleared. */
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
    unsigned
        node; /* 0: the one that has its first key; or a number from 1 to the settings' nodes */
};

enum reply_kind { REPLY_NOTHING, REPLY_TEXT, REPLY_NUMBER, REPLY_LIST, REPLY_ERROR };

/* A reply of Redis. Its texts live as long as the ask's arena; of an ask that reads in slices,
 * until the step that reads them has ended. */
struct reply {
    enum reply_kind kind;
    struct str text;
    int64_t number; /* of an error: the enum outcome that it means */
    const struct reply *items;
    size_t count;
};

/* The `at`-th text of a REPLY_LIST, absent where it is nil or not there. */
static inline struct str reply_item(const struct reply *reply, size_t at)
{
    if (reply->kind != REPLY_LIST || at >= reply->count)
        return (struct str){ NULL, 0 };
    return reply->items[at].text;
}

/* A document: the values of the fields that were asked for, in their order, absent where not
 * stored. */
struct row {
    struct str id;
    bool deleted;
    int64_t score; /* of a connector in an overview: its state, see store/connector/state.h */
    struct str *values;
    const struct reply *history; /* entries of its stream, where they were asked for */
    const struct reply *days;    /* its counts by day, likewise: names and values */
};

struct ask;

/* Reads the replies to the commands that the ask holds. It either sets ask->outcome, or puts new
 * commands into the ask. It never sees an error, unless the ask takes them: that ends the ask. */
typedef void ask_step(struct ask *ask, const struct reply *replies);

/* Takes rows of a list as they come, which live until it returns; false where it takes no more: the
 * ask ends TOO_LARGE. */
typedef bool ask_take_rows(struct ask *ask, const struct row *rows, size_t count);

struct ask {
    struct arena *arena;
    const struct ask_settings *settings;
    unsigned shards;  /* as the settings were when it was opened */
    int64_t deadline; /* ticks, see instant.h: no step is sent that cannot be answered by then */

    enum outcome outcome;
    const struct row *rows; /* FOUND: the documents; of a list, none: take_rows had them */
    size_t row_count;
    uint64_t total; /* of a list: how many match, whatever part of them is wanted. Known before rows
                       are taken */
    ask_take_rows *take_rows; /* of a list */
    void *taker;              /* its own */

    struct command *commands;
    size_t command_count;
    size_t command_room;
    ask_step *next;
    void *operation; /* the operation's own state */

    struct arena
        *rooms[2];   /* of an ask that reads in slices: memory of this step, and of the last */
    unsigned steps;  /* that it has taken */
    size_t expected; /* bytes that the replies to its commands may have, about */
    bool reads;      /* it waits for those that write, and for its share of a flush */

    const struct log_subject *subject; /* whom log lines about it concern, or NULL */
    bool takes_errors;                 /* its steps see error replies like any other */
    bool takes_losses;                 /* and, without a text, those of nodes that do not answer */
    bool reads_only;     /* nothing that it answers need be acknowledged by replicas */
    bool unacknowledged; /* too few of them had what it wrote */
};

/* Makes the ask ready for an operation. The settings must outlive it. Its deadline is far away. */
void ask_open(struct ask *ask, struct arena *arena, const struct ask_settings *settings);

/* For an operation that reads much: its steps are slices, each of which is freed once the next one
 * has been read. The step's memory is ask_memory(). */
void ask_in_slices(struct ask *ask);

/* Memory that lives until the step that follows has ended; the ask's own, where it is not one that
 * reads in slices. */
struct arena *ask_memory(struct ask *ask);

/* Adds a command by its words. */
#define ASK(ask, ...)                                                                              \
    ask_command(ask, NULL, (const struct str[]){ __VA_ARGS__ },                                    \
                sizeof(const struct str[]){ __VA_ARGS__ } / sizeof(struct str))

/* Adds a call of a script on one key, with the first words of its ARGV; words may follow. */
#define ASK_SCRIPT(ask, script, ...)                                                               \
    ask_command(ask, script, (const struct str[]){ STR("1"), __VA_ARGS__ },                        \
                1 + sizeof(const struct str[]){ __VA_ARGS__ } / sizeof(struct str))

/* What these two do: adds a command with these words, which are copied, and not their bytes. */
void ask_command(struct ask *ask, const struct script *script, const struct str *words,
                 size_t count);

/* Sends the latest command to one node, numbered from 0, of those that the settings count. */
void ask_at_node(struct ask *ask, unsigned node);

/* Add words to the latest command: one, several, a number. */
void ask_word(struct ask *ask, struct str word);
void ask_words(struct ask *ask, const struct str *words, size_t count);
void ask_word_number(struct ask *ask, int64_t number);

/* Forgets the commands of the step before, and names the step that is to follow the ones to come.
 */
void ask_then(struct ask *ask, ask_step *next);

/* Ends the ask. */
void ask_end(struct ask *ask, enum outcome outcome);

/* A number as a word. */
struct str ask_number(struct ask *ask, int64_t number);

/* Before a step: changes the memories of an ask that reads in slices. For redis.c. */
void ask_turn(struct ask *ask);

#endif
