/* message.h: writes messages to targets: events as JSON or as an e-mail, in the form that each type
 * of target takes. */
#ifndef LASTSYNC_NOTIFY_MESSAGE_H
#define LASTSYNC_NOTIFY_MESSAGE_H

#include "notify/target.h"

/* An event that a target is told. Unknown texts are empty. */
struct event {
    struct str id; /* does not change when it is sent again */
    enum event_word word;
    struct str connector, name, service_type;
    struct str told; /* the bad state that the target was told before; an end ends it */
    struct str state;
    int64_t since; /* seconds since 1970: when the bad state began; of an end, its bad state */
    struct str failures, error;
};

struct message {
    const struct event *events;
    size_t count;
    int64_t now;  /* seconds since 1970 */
    bool is_test; /* nothing ends it: its alert ends by itself */
};

/* Gives the lines that people read. Events share a line if they have the same word and their errors
 * differ only in digits, ids and addresses. The lines, and the events of each connector, stay in
 * the order of the events. */
struct str message_lines(const struct message *message, struct arena *arena);

/* Gives the page of a connector; empty if the dashboard's address is not known. */
struct str message_link(const struct target *target, struct str connector, struct arena *arena);

/* Gives the request body for the target, or the e-mail. */
struct str message_body(const struct message *message, const struct target *target,
                        struct arena *arena);

#endif
