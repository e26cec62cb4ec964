/* update.h: what endpoints that change some fields of a connector share (API, section 3.4). */
#ifndef LASTSYNC_UPDATE_H
#define LASTSYNC_UPDATE_H

#include "api/api.h"
#include "store/connector.h"

/* Handler: merges what the body holds into the connector. null clears, objects merge member by
 * member, however many do so at once, and all else replaces. */
enum progress update_connector(struct call *call);

/* For handlers that change other fields than their body's, or by what is stored. Begin, set fields
 * (an absent value clears), and write; or have fields read first.
 *
 * All of them answer {"result":"updated"} or noop, or that the connector is missing. */
void update_begin(struct call *call);
void update_set(struct call *call, const struct field *field, struct str value);
enum progress update_write(struct call *call);

/* The same for a field of our own, which no API shows. */
void update_set_own(struct call *call, struct str name, struct str value);

/* Says what kind of update it is, if not MERGE. */
void update_is(struct call *call, enum update_kind kind);

/* Does what update_connector does, after update_begin. */
enum progress update_by_body(struct call *call);

/* Makes the answer "updated" even where nothing differs. */
void update_always(struct call *call);

/* Sees what is stored (in the order of the fields that were asked for) and gives GO_ON, after
 * setting what shall change, or answers. It is called again where a field has changed before the
 * write. */
typedef enum progress decide(struct call *call, const struct str *stored);

/* Reads the fields, lets `decider` decide, and writes what it sets, if the fields are still as it
 * saw them; else again. A deleted connector is missing. */
enum progress update_by(struct call *call, const struct field *const *fields, size_t count,
                        decide *decider);

/* What most routes validate: that the id is not empty. */
enum progress check_id(struct call *call);

/* Complains of an empty id, and with `message` unless `good`; GO_ON where all is well. */
enum progress check_connector_id(struct call *call, bool good, struct str message);

/* Answers that the connector is missing, or that another one has the index name. */
enum progress fail_missing(struct call *call);
enum progress fail_taken(struct call *call, struct str index_name);

#endif
