/* document.h: what connectors and sync jobs share as documents in Redis: a hash each, with another
 * one for its secrets (see field_is_secret). For the operations only. */
#ifndef LASTSYNC_DOCUMENT_H
#define LASTSYNC_DOCUMENT_H

#include "store/redis/ask.h"

/* The outcome that a script's answer names; FAULTY for any other word. */
enum outcome document_outcome(struct str word);

/* The value of the pair with that name; absent if there is none. */
struct str document_value(const struct pair *pairs, size_t count, struct str name);

/* Whether a field of this value makes its document a long one; see key_long. */
bool document_is_long(const struct pair *pairs, size_t count);

/* The argument that tells scripts whether the pairs make the document a long one. */
struct str document_long_word(const struct pair *pairs, size_t count);

/* ---- reading ---- */

/* Adds the commands that read the `own` fields, none of which is secret, and the fields of `names`.
 * document_commands gives how many commands these are: two if any of `names` is secret, else one.
 * The two hashes are read one after the other, so a change may come between; an update that depends
 * on what was read must say what it expects. */
void document_ask_fields(struct ask *ask, struct str key, const struct str *own, size_t own_count,
                         const struct str *names, size_t count);
size_t document_commands(const struct str *names, size_t count);

/* The values of `names`, in their order; absent if not stored. */
struct str *document_values(struct ask *ask, const struct reply *replies, size_t own_count,
                            const struct str *names, size_t count);

/* Like document_ask_fields and document_values, but for a long document, and in one command. A
 * field is cut after `field_max` bytes (0: never). If all fields together have more than `most`
 * bytes (0: no limit), the reply is a text instead of a list. */
void document_ask_long(struct ask *ask, struct str key, const struct str *own, size_t own_count,
                       const struct str *names, size_t count, size_t field_max, size_t most);
struct str *document_long_values(struct ask *ask, const struct reply *reply, size_t own_count,
                                 const struct str *names, size_t count);

/* Adds the command that answers how many bytes the fields of `names` have together. */
void document_ask_length(struct ask *ask, struct str key, const struct str *names, size_t count);

/* How a kind of document is read. */
struct document_reader {
    struct str (*key)(struct ask *ask, struct str id);
    struct str live; /* the field that each document has: without it the document is missing, and
                        with "true" it is deleted */
};

/* Makes the ask read fields of a document: FOUND with one row, or MISSING. */
void document_read(struct ask *ask, const struct document_reader *reader, struct str id,
                   const struct str *names, size_t count);

/* ---- changing ---- */

/* A document to change. Its field `live` is "true" if it is deleted. Each change adds one to its
 * version: see version.inc.lua. */
struct document {
    struct str key;
    struct str live; /* empty for one that may not be there yet */
};

/* Makes the ask set fields, and clear those whose value is absent, in one step: UPDATED, or NOOP if
 * nothing differs. CHANGED, if the `expected` values (absent: no such field) are not stored any
 * more. MISSING, also if the document is deleted. None of the fields may be secret. */
void document_update(struct ask *ask, struct document document, const struct pair *changes,
                     size_t count, const struct pair *expected, size_t expected_count);

/* Adds the changes and the expected values to a script's arguments, as four words each: plain or
 * secret; g, s or c, for a value that is expected, set or cleared; name; value. */
void document_add_changes(struct ask *ask, const struct pair *changes, size_t count,
                          const struct pair *expected, size_t expected_count);

/* A step that ends the ask with the outcome that the reply to its only command names. */
void document_end(struct ask *ask, const struct reply *replies);

#endif
