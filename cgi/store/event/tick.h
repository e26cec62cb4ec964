/* tick.h: events that time alone causes: a connector becomes late, or lost, or has never synced for
 * too long.
 *
 * Whoever asks for a tick does it, if nobody else in the fleet has done so for TICK_MILLISECONDS: a
 * key that expires says so, which is all that is left of whoever dies. Two at once do no harm, for
 * what is told of a connector is noted in it, by the script that tells. */
#ifndef LASTSYNC_EVENT_TICK_H
#define LASTSYNC_EVENT_TICK_H

#include "store/redis/ask.h"

enum {
    TICK_MILLISECONDS = 5000, /* between two ticks */
    TICK_OVERLAP = 300,       /* seconds that a tick looks at once more: clocks differ */
    TICK_SLICE = 100          /* connectors that one script looks at */
};

/* Tells what has come with time: FOUND; or NOOP where it is somebody else's turn. */
void tick_tell(struct ask *ask);

#endif
