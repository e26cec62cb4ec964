/* place.h: a connector's place in lists, which follows what its hash says. For the operations only.
 */
#ifndef LASTSYNC_PLACE_H
#define LASTSYNC_PLACE_H

#include "store/schema/key.h"

/* What a connector's hash says of its place. */
struct state {
    bool exists, deleted;
    struct str index_name; /* empty for none */
};

bool state_equal(struct state a, struct state b);

/* Whether it is live and has that index name, which may be empty. */
bool state_has_name(struct state state, struct str index_name);

/* Asks for the fields that say a connector's state, and then for others: document_commands of
 * them. */
void place_ask_fields(struct ask *ask, struct str id, const struct str *names, size_t count);

/* What the first reply to that says, and what all of them do. */
struct state place_read_state(const struct reply *reply);
struct row place_read_row(struct ask *ask, struct str id, const struct reply *replies,
                          const struct str *names, size_t count);

/* Asks to list the connector by its state, and not by its former index name; if it is gone, by
 * none. */
void place_ask_relist(struct ask *ask, struct str id, struct state state, struct str former);

/* Where an entry of a list belongs by that state. */
enum listing place_listing(struct state state);

/* Puts a connector into the place of *state, then of whatever its hash says afterwards, until the
 * two agree: of several that do so at once, the last one to write the place has seen the last state
 * of the hash. It leaves that in *state and calls `then`, without replies and with the ask's
 * operation as it is now. Commands that are in the ask already run before. */
void place_start(struct ask *ask, struct str id, struct state *state, struct str former,
                 ask_step *then);

#endif
