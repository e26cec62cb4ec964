/* deliver.h: decides what a target is told of, gathers it, and sends it until it is taken. */
#ifndef LASTSYNC_NOTIFY_DELIVER_H
#define LASTSYNC_NOTIFY_DELIVER_H

#include "notify/message.h"
#include "store/event/notices.h"

/* What a target is to be told now. */
struct delivery {
    struct event *events;
    size_t count;
    int64_t oldest; /* seconds since 1970: when the first of them happened */
};

/* Decides what becomes of each notice (see there), and which of them are told. Told is a bad state
 * that passes the target's filters, of a connector that is not muted and was not told of within the
 * target's window: else the connector is held back until then. Told is the end of each that was. */
struct delivery deliver_decide(struct notices *notices, const struct target *target, int64_t now,
                               struct arena *arena);

/* Sends a message to a target, once. True where it is taken; else says why not in the log. */
bool deliver_send(const struct message *message, const struct target *target, struct arena *arena);

#endif
