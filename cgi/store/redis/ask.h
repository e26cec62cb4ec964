/* ask.h: what is asked of the store, and what it answers.
 *
 * An ask is one operation on documents ("merge these fields into that connector"). It runs as a
 * chain of steps: each step puts commands for Redis into the ask, and the next step reads their
 * replies. This header and the operations know the schema and no client library; only redis.c sends
 * anything. */
#ifndef LASTSYNC_ASK_H
#define LASTSYNC_ASK_H

#include <stdint.h>

#include "base/arena.h"

enum outcome {
    ASKING, /* not answered yet */
    CREATED,
    UPDATED,
    NOOP,
    DELETED,
    FOUND,
    MISSING,
    TAKEN,    /* the index name belongs to another connector */
    NATIVE,   /* it is Elastic-managed, and the index name is not one for that */
    CHANGED,  /* a field is no longer what the caller expected: read it again */
    OUTDATED, /* the data has a version of the schema that must be upgraded first, */
    NEWER,    /* or one of a newer lastsync */
    AWAY,     /* Redis does not answer, or cannot serve now: later it may */
    FAULTY    /* Redis refuses: foreign data under our keys, missing rights, a fault of ours */
};

/* What holds for all asks of a process. */
struct ask_settings {
    struct str key_prefix;
    int claim_time;      /* milliseconds that a request may need to write what it has claimed */
    unsigned history;    /* reports that a connector's stream holds; 0: it has none */
    unsigned max_age;    /* seconds after which a connector without a schedule is late */
    unsigned late_grace; /* seconds that a scheduled sync may take before it is late */
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

/* A command for Redis. With a script, the arguments are its number of keys, the keys and its ARGV.
 */
struct command {
    const struct script *script; /* NULL: the first argument is the command's name */
    struct str *arguments;
    size_t count;
};

enum reply_kind { REPLY_NOTHING, REPLY_TEXT, REPLY_NUMBER, REPLY_LIST, REPLY_ERROR };

/* A reply of Redis, whose texts live as long as the ask's arena. */
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
    struct str *values;
    const struct reply *history; /* entries of its stream, where they were asked for */
};

struct ask;

/* Reads the replies to the commands that the ask holds. It either sets ask->outcome, or puts new
 * commands into the ask. It never sees an error, unless the ask takes them: that ends the ask. */
typedef void ask_step(struct ask *ask, const struct reply *replies);

struct ask {
    struct arena *arena;
    const struct ask_settings *settings;

    enum outcome outcome;
    const struct row *rows; /* FOUND: the documents, and how many match besides these */
    size_t row_count;
    uint64_t total;

    struct command *commands;
    size_t command_count;
    size_t command_room;
    ask_step *next;
    void *operation; /* the operation's own state */

    const struct log_subject *subject; /* whom log lines about it concern, or NULL */
    bool takes_errors;                 /* its steps see error replies like any other */
};

/* Makes the ask ready for an operation. The settings must outlive it. */
void ask_open(struct ask *ask, struct arena *arena, const struct ask_settings *settings);

/* Adds a command with room for `count` arguments, which the caller fills in. */
struct str *ask_command(struct ask *ask, const struct script *script, size_t count);

/* Forgets the commands of the step before, and names the step that is to follow the ones to come.
 */
void ask_then(struct ask *ask, ask_step *next);

/* Ends the ask. */
void ask_end(struct ask *ask, enum outcome outcome);

/* A number as an argument. */
struct str ask_number(struct ask *ask, int64_t number);

#endif
