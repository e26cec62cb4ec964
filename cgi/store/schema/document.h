/* document.h: what connectors and sync jobs share as documents in Redis: a hash each, with another
 * one for its secrets (see key_is_secret), whose fields change under a check. For the operations
 * only. */
#ifndef LASTSYNC_DOCUMENT_H
#define LASTSYNC_DOCUMENT_H

#include "store/redis/ask.h"

/* The outcome of a word that scripts answer; FAULTY of any other word. */
enum outcome document_outcome(struct str word);

/* Which hash it is. A document has the field `live`, and one in which it is true is deleted. */
struct document {
    struct str key;
    struct str live; /* empty for a document that is to be made */
};

/* Adds the commands that read some fields of the caller's own, none of which is secret, and then
 * others; and how many commands these are: one more where any of the others is secret. The two
 * hashes are read one after the other, so a change may come between; an update that depends on what
 * was read must say what it expects. */
void document_ask_fields(struct ask *ask, struct str key, const struct str *own, size_t own_count,
                         const struct str *names, size_t count);
size_t document_commands(const struct str *names, size_t count);

/* The values of the others, in their order, absent where not stored. */
struct str *document_values(struct ask *ask, const struct reply *replies, size_t own_count,
                            const struct str *names, size_t count);

/* How a kind of document is read: what asks for the fields that say its state and then for others,
 * and what reads the replies to that. The first field of the state is in every document. */
struct document_reader {
    void (*ask_fields)(struct ask *ask, struct str id, const struct str *names, size_t count);
    struct row (*read_row)(struct ask *ask, struct str id, const struct reply *replies,
                           const struct str *names, size_t count);
};

/* Makes the ask ready to read fields of a document: FOUND with one row, or MISSING. */
void document_read(struct ask *ask, const struct document_reader *reader, struct str id,
                   const struct str *names, size_t count);

/* Makes the ask ready to set fields, and to clear those whose value is absent, in one step, if what
 * `expected` says is still stored (an absent value: still absent): UPDATED, NOOP where nothing
 * differs, CHANGED, or MISSING, as a deleted document is. */
void document_update(struct ask *ask, struct document document, const struct pair *changes,
                     size_t count, const struct pair *expected, size_t expected_count);

/* Adds only the command for that, whose reply is a word for document_outcome. */
void document_ask_update(struct ask *ask, struct document document, const struct pair *changes,
                         size_t count, const struct pair *expected, size_t expected_count);

#endif
