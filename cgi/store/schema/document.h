/* document.h: what connectors and sync jobs share as documents in Redis: a hash each, with another
 * one for its secrets (see field_is_secret). For the operations only. */
#ifndef LASTSYNC_DOCUMENT_H
#define LASTSYNC_DOCUMENT_H

#include "store/redis/ask.h"

/* The outcome of a word that scripts answer; FAULTY of any other word. */
enum outcome document_outcome(struct str word);

/* The value of a field among pairs, absent where it is not among them. */
struct str document_value(const struct pair *pairs, size_t count, struct str name);

/* Whether a field of this value makes its document a long one; see key_long. */
bool document_is_long(const struct pair *pairs, size_t count);

/* The word by which scripts are told so. */
struct str document_long_word(const struct pair *pairs, size_t count);

/* ---- reading ---- */

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

/* The same of a long document, in one command: a field is cut behind `field_max` bytes (0: none
 * is), and where all together have more than `most` bytes (0: any) the reply is a text, and no
 * list. */
void document_ask_long(struct ask *ask, struct str key, const struct str *own, size_t own_count,
                       const struct str *names, size_t count, size_t field_max, size_t most);
struct str *document_long_values(struct ask *ask, const struct reply *reply, size_t own_count,
                                 const struct str *names, size_t count);

/* Adds the command that tells how many bytes such fields have together, as a number. */
void document_ask_length(struct ask *ask, struct str key, const struct str *names, size_t count);

/* How a kind of document is read: the field that each has, first, and another one that says its
 * state; and what reads both. */
struct document_reader {
    struct str (*key)(struct ask *ask, struct str id);
    struct str live; /* a document that has no such field is missing, and is deleted where it is
                        "true" */
};

/* Makes the ask ready to read fields of a document: FOUND with one row, or MISSING. */
void document_read(struct ask *ask, const struct document_reader *reader, struct str id,
                   const struct str *names, size_t count);

/* ---- changing ---- */

/* Which hash it is. A document has the field `live`, and one in which it is "true" is deleted. Each
 * change of a document counts its version up; see version.inc.lua. */
struct document {
    struct str key;
    struct str live; /* empty for one that may not be there yet */
};

/* Makes the ask ready to set fields, and to clear those whose value is absent, in one step, if what
 * `expected` says is still stored (an absent value: still absent): UPDATED, NOOP where nothing
 * differs, CHANGED, or MISSING, as a deleted document is. None of the fields is secret. */
void document_update(struct ask *ask, struct document document, const struct pair *changes,
                     size_t count, const struct pair *expected, size_t expected_count);

/* Adds such changes to the call of a script as four words for each: plain or secret; g, s or c, for
 * a value that is expected, set or cleared; name and value. */
void document_add_changes(struct ask *ask, const struct pair *changes, size_t count,
                          const struct pair *expected, size_t expected_count);

/* A step that ends the ask with the word that its only command was answered. */
void document_end(struct ask *ask, const struct reply *replies);

#endif
