/* deliver.h: decides which events a target is told of, gathers them, and sends them, once: what the
 * target has not taken is read again. */
#ifndef LASTSYNC_NOTIFY_DELIVER_H
#define LASTSYNC_NOTIFY_DELIVER_H

#include "notify/message.h"
#include "store/event/notices.h"

/* The events that a target is to be told of now. */
struct delivery {
    struct event *events;
    size_t count;
    int64_t oldest; /* seconds since 1970: since when the first of them is gathered; 0: no longer */
};

/* Decides what becomes of each notice (see notices.h), and gives those to be told now. A bad state
 * is told if it passes the target's filters and its connector is not muted and was not told of
 * within the target's window; else the connector is held back until the mute or the window ends.
 * The end of a bad state is told if the bad state was, also if another bad state that is not told
 * has put an end to it. */
struct delivery deliver_decide(struct notices *notices, const struct target *target, int64_t now,
                               struct arena *arena);

/* Sends a message to a target, once. True if the target takes it; else the log says why not,
 * and *retry_after has the seconds that the target asks to wait, or 0. */
bool deliver_send(const struct message *message, const struct target *target, struct arena *arena,
                  int64_t *retry_after);

#endif
