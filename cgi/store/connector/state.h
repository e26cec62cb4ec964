/* state.h: the state of a connector: failing, late, fresh and so on.
 *
 * report.lua derives it from the last ended sync of each kind. Changes by time alone need no write:
 * the sorted set `standings` holds every connector that is not deleted, scored by a class (see
 * words.def) times 2^40 plus a second since 1970. At that second the connector goes from the first
 * state of its class to the second one; in a class with one state, it is the second since which the
 * connector fails, or 0. So a few ZCOUNTs give the number of connectors in each state, and the
 * worst ones are a range. */
#ifndef LASTSYNC_STATE_H
#define LASTSYNC_STATE_H

#include "base/arena.h"
#include "store/list/walk.h"
#include "store/schema/fields.h"

/* Gives the state that a score means at a time, in seconds since 1970. */
enum connector_state state_of(int64_t score, int64_t now);

/* Whether a connector with that score runs a sync. */
bool state_runs(int64_t score);

/* Fills in the parts of `standings` at a time, the state of each part, and whether its connectors
 * run a sync. Gives the number of parts. */
size_t state_parts(int64_t now, struct walk_part parts[WALK_PARTS_MAX],
                   enum connector_state states[WALK_PARTS_MAX], bool runs[WALK_PARTS_MAX]);

/* The fields of our own that follow from a connector's schedules. */
struct state_plan {
    struct str paused;            /* "true" if no schedule is enabled, else "false" */
    struct str next, access_next; /* of content and of access control; absent if none is enabled */
};

/* Computes the plan from a connector's `scheduling`: the times of its next syncs after its last
 * successes or, without a success, after `now`, in seconds since 1970. */
struct state_plan state_plan(struct str scheduling, struct str success, struct str access_success,
                             int64_t now, struct arena *arena);

#endif
