/* update.h: shared by the endpoints that change some fields of a document (API, section 3.4). */
#ifndef LASTSYNC_UPDATE_H
#define LASTSYNC_UPDATE_H

#include "api/common/api.h"
#include "store/connector/connector.h"

/* The subject of routes: a kind of document, how the store reads and writes it, and the errors for
 * a missing one. */
struct subject {
    void (*read)(struct ask *ask, struct str id, const struct str *names, size_t count);
    void (*write)(struct ask *ask, struct str id, enum update_kind kind, const struct pair *changes,
                  size_t count, const struct pair *expected, size_t expected_count);
    struct str before_id, behind_id; /* the error's text around the id of a missing one */
    struct str nameless;             /* the complaint of an empty id */
    enum problem_type missing;       /* the error's type for a missing one */
};

/* The subject of routes that name none. */
extern const struct subject connector_subject;

/* Handler: merges the body into the route's document. null clears a field, an object is merged
 * member by member (also if several requests do so at once), and any other value replaces. */
enum progress update_document(struct call *call);

/* For handlers that change other fields than their body's, or that depend on stored values. They
 * call update_begin, set fields (an absent value clears), and write; or have fields read first.
 *
 * Each of them answers {"result":"updated"}, {"result":"noop"}, or that the document is missing. */
void update_begin(struct call *call);

/* update_through writes with `writer` instead of the subject's operation. The writer makes
 * call->ask ready and has the outcomes of that operation; `then` follows instead of the answer.
 * update_state gives both of them `state`. */
typedef void update_writer(struct call *call, const struct pair *changes, size_t count,
                           const struct pair *expected, size_t expected_count);
void update_through(struct call *call, update_writer *writer, step *then, void *state);
void *update_state(struct call *call);

void update_set(struct call *call, const struct field *field, struct str value);
enum progress update_write(struct call *call);

/* Sets a field of our own, which the API does not show. */
void update_set_own(struct call *call, struct str name, struct str value);

/* Sets the kind of the update; without it, it is MERGE. */
void update_is(struct call *call, enum update_kind kind);

/* After update_begin: merges the body into the route's document and writes. */
enum progress update_by_body(struct call *call);

/* Makes the answer "updated" even if nothing differs. */
void update_always(struct call *call);

/* Gets the stored values (in the order of the fields that were asked for). It sets the changes and
 * gives GO_ON, or answers. It is called again if one of the fields has changed before the write. */
typedef enum progress decide(struct call *call, const struct str *stored);

/* Reads the fields, calls `decider`, and writes its changes if the fields still have the values
 * that it saw; else it starts again. A deleted document counts as missing. */
enum progress update_by(struct call *call, const struct field *const *fields, size_t count,
                        decide *decider);

/* Gives the object to store: the stored one (absent for none), with the sent one merged into it. */
struct str update_merged(struct call *call, struct str stored, struct json_object *sent);

/* Gives GO_ON if an object of that name may replace the stored one; else answers that it is too
 * large. Merged bodies and defaults together may have no more bytes, and no more members and
 * elements, than one body. */
enum progress update_check_size(struct call *call, struct str name, struct str stored,
                                struct str object);

/* Sets a field to an object if update_check_size permits it; else answers. */
enum progress update_set_object(struct call *call, const struct field *field, struct str stored,
                                struct str object);

/* Complains of an empty id; the validation of most routes. */
enum progress check_id(struct call *call);

/* Complains of an empty id, and with `message` unless `good`. Gives GO_ON if there is no
 * complaint. */
enum progress check_id_and(struct call *call, bool good, struct str message);

/* Adds a complaint if the id is empty. */
void complain_of_id(struct call *call, struct complaints *complaints);

/* Answers that the route's document is missing. */
enum progress fail_missing(struct call *call);

/* Answers that another connector has the index name. */
enum progress fail_taken(struct call *call, struct str index_name);

#endif
