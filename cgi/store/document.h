/* document.h: what connectors and sync jobs share as documents in Redis: a hash each, whose fields
 * change under a check. For the operations only. */
#ifndef LASTSYNC_DOCUMENT_H
#define LASTSYNC_DOCUMENT_H

#include "store/ask.h"

/* The outcome of a word that scripts answer; FAULTY of any other word. */
enum outcome document_outcome(struct str word);

/* Which hash it is. A document has the field `live`, and one in which it is true is deleted. */
struct document {
    struct str key;
    struct str live;
};

/* Makes the ask ready to set fields, and to clear those whose value is absent, in one step, if what
 * `expected` says is still stored (an absent value: still absent): UPDATED, NOOP where nothing
 * differs, CHANGED, or MISSING, as a deleted document is. */
void document_update(struct ask *ask, struct document document, const struct pair *changes,
                     size_t count, const struct pair *expected, size_t expected_count);

/* A document of which update.lua also derives how it stands, and keeps a history. */
struct watch {
    struct str stream; /* its key */
    bool reporting;    /* the changes are a report of a sync */
};

/* The same for such a document; `next` reads the one reply, with document_read_answer. */
void document_update_watched(struct ask *ask, struct document document, const struct watch *watch,
                             const struct pair *changes, size_t count, const struct pair *expected,
                             size_t expected_count, ask_step *next);

struct answer {
    enum outcome outcome;
    bool moved;      /* it stands elsewhere than the sorted set of standings has it */
    bool unstreamed; /* Redis knows no streams: there is no history */
};

struct answer document_read_answer(struct str text);

#endif
