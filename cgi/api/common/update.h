/* update.h: what endpoints that change some fields of a connector share (API, section 3.4). */
#ifndef LASTSYNC_UPDATE_H
#define LASTSYNC_UPDATE_H

#include "api/common/api.h"
#include "store/connector/connector.h"

/* What routes work on: a kind of document, how the store reads and writes one, and what is said of
 * one that is not there. */
struct subject {
    void (*read)(struct ask *ask, struct str id, const struct str *names, size_t count);
    void (*write)(struct ask *ask, struct str id, enum update_kind kind, const struct pair *changes,
                  size_t count, const struct pair *expected, size_t expected_count);
    struct str before_id, behind_id; /* around the id of a missing one */
    struct str nameless;             /* the complaint of an empty id */
    enum problem_type missing;       /* what a missing one is called */
};

/* What a route without a subject of its own works on. */
extern const struct subject connector_subject;

/* Handler: merges what the body holds into the route's document. null clears, objects merge member
 * by member, however many do so at once, and all else replaces. */
enum progress update_document(struct call *call);

/* For handlers that change other fields than their body's, or by what is stored. Begin, set fields
 * (an absent value clears), and write; or have fields read first.
 *
 * All of them answer {"result":"updated"} or noop, or that the document is missing. */
void update_begin(struct call *call);

/* Writes by another operation than the subject's, which makes call->ask ready, and goes on with
 * `then` instead of answering. Its outcomes are the subject's; `state` is for both, see
 * update_state. */
typedef void update_writer(struct call *call, const struct pair *changes, size_t count,
                           const struct pair *expected, size_t expected_count);
void update_through(struct call *call, update_writer *writer, step *then, void *state);
void *update_state(struct call *call);

void update_set(struct call *call, const struct field *field, struct str value);
enum progress update_write(struct call *call);

/* The same for a field of our own, which no API shows. */
void update_set_own(struct call *call, struct str name, struct str value);

/* Says what kind of update it is, if not MERGE. */
void update_is(struct call *call, enum update_kind kind);

/* Does what update_document does, after update_begin. */
enum progress update_by_body(struct call *call);

/* Makes the answer "updated" even where nothing differs. */
void update_always(struct call *call);

/* Sees what is stored (in the order of the fields that were asked for) and gives GO_ON, after
 * setting what shall change, or answers. It is called again where a field has changed before the
 * write. */
typedef enum progress decide(struct call *call, const struct str *stored);

/* Reads the fields, lets `decider` decide, and writes what it sets, if the fields are still as it
 * saw them; else again. A deleted document is missing. */
enum progress update_by(struct call *call, const struct field *const *fields, size_t count,
                        decide *decider);

/* What is to be stored: the object that is stored (absent for none), with what was sent merged into
 * it. */
struct str update_merged(struct call *call, struct str stored, struct json_object *sent);

/* GO_ON if an object of that name may be stored in place of what is, or answers that it is too
 * long: what bodies come to, with defaults and one after the other, may not be longer than one. */
enum progress update_check_length(struct call *call, struct str name, struct str stored,
                                  struct str object);

/* Sets a field to such an object, if that may be stored. */
enum progress update_set_object(struct call *call, const struct field *field, struct str stored,
                                struct str object);

/* What most routes validate: that the id is not empty. */
enum progress check_id(struct call *call);

/* Complains of an empty id, and with `message` unless `good`; GO_ON where all is well. */
enum progress check_id_and(struct call *call, bool good, struct str message);

/* Complains of an empty id, for a check that complains of more. */
void complain_of_id(struct call *call, struct complaints *complaints);

/* Answers that the route's document is missing. */
enum progress fail_missing(struct call *call);

/* Answers that another connector has the index name. */
enum progress fail_taken(struct call *call, struct str index_name);

#endif
