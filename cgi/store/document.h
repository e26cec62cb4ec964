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

/* Adds only the command for that, whose reply is a word for document_outcome. */
void document_ask_update(struct ask *ask, struct document document, const struct pair *changes,
                         size_t count, const struct pair *expected, size_t expected_count);

#endif
