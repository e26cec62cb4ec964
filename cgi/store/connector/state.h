/* state.h: how a connector stands: failing, late, fresh and so on.
 *
 * It is judged by the last sync of each kind that has ended, by report.lua. What time changes
 * follows from the clock: the sorted set `standings` holds every connector that is not deleted, and
 * a score is a class (see words.def) times 2^40, and a second since 1970. That is when the
 * connector turns from the first state of its class into the other; of a class with one state,
 * since when it fails, or 0. So the number of connectors of each state is a few ZCOUNTs, and the
 * worst are a range. */
#ifndef LASTSYNC_STATE_H
#define LASTSYNC_STATE_H

#include "base/arena.h"
#include "store/list/walk.h"
#include "store/schema/fields.h"

/* Without a sign of life for so long, a connector that runs a sync counts as lost. report.lua
 * rounds that up to whole minutes. */
enum { STATE_LOST_SECONDS = 300 };

/* The state that a score means at a time, in seconds since 1970. */
enum connector_state state_of(int64_t score, int64_t now);

/* Whether a connector with that score runs a sync. */
bool state_runs(int64_t score);

/* The parts of `standings` at a time: gives how many; and of each, which state it has, and whether
 * its connectors run a sync. */
size_t state_parts(int64_t now, struct walk_part parts[WALK_PARTS_MAX],
                   enum connector_state states[WALK_PARTS_MAX], bool runs[WALK_PARTS_MAX]);

/* What follows from the schedules of a connector, in fields of our own. */
struct state_plan {
    struct str paused;            /* "true" where no schedule is on, else "false" */
    struct str next, access_next; /* of content and of access control: absent where none is on */
};

/* Reads the connector's `scheduling`: the times at which its next syncs should come, behind its
 * last successes; where there is none, behind `now`, in seconds since 1970. */
struct state_plan state_plan(struct str scheduling, struct str success, struct str access_success,
                             int64_t now, struct arena *arena);

#endif
