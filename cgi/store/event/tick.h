/* tick.h: tells the events that time alone causes: a connector is late, or lost, or has existed too
 * long without a sync.
 *
 * A worker that asks for a tick runs it, unless another one in the fleet has done so in the last
 * TICK_MILLISECONDS: a key that expires marks that, so a worker that dies blocks nobody. Two ticks
 * at once do no harm: the script that tells an event notes it in the connector. A shard that is
 * away, or has foreign data, holds up no other one.
 *
 * The first tick, and one after ten minutes without any, also tell what stood already: events may
 * have been off. So does one after a tick by a clock that was ahead by more than the overlap. */
#ifndef LASTSYNC_EVENT_TICK_H
#define LASTSYNC_EVENT_TICK_H

#include "store/redis/ask.h"

enum {
    TICK_MILLISECONDS = 5000, /* between two ticks */
    TICK_OVERLAP = 300,       /* seconds that the next tick looks at again, as clocks differ */
    TICK_SLICE = 100          /* connectors that one script call looks at */
};

/* Tells the events that are due: FOUND; or NOOP if another worker has just run a tick. If a shard
 * is away or faulty the others are told of, and the outcome is that shard's. */
void tick_tell(struct ask *ask);

#endif
