/* message.h: what targets are sent: events as JSON, in the form that each type of target takes. */
#ifndef LASTSYNC_NOTIFY_MESSAGE_H
#define LASTSYNC_NOTIFY_MESSAGE_H

#include "notify/target.h"

/* An event that a target is told. Texts are empty where they are not known. */
struct event {
    struct str id; /* the same however often it is sent */
    enum event_word word;
    struct str connector, name, service_type;
    struct str told; /* the bad state that the target was told before: an end ends that one */
    struct str state;
    int64_t since; /* seconds since 1970: of the bad state, of which an end is that of the former */
    struct str failures, error;
};

struct message {
    const struct event *events;
    size_t count;
    int64_t now; /* seconds since 1970 */
};

/* The lines that people read: one for all that began with one event and, but for digits, ids and
 * addresses, for one error; in the order of the events, and of each connector exactly so. */
struct str message_lines(const struct message *message, struct arena *arena);

/* The body for the target. */
struct str message_body(const struct message *message, const struct target *target,
                        struct arena *arena);

#endif
