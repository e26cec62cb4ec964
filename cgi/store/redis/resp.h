/* resp.h: commands in Redis's protocol (RESP 2). hiredis would format them argument by argument,
 * which was a tenth of a worker's time. */
#ifndef LASTSYNC_RESP_H
#define LASTSYNC_RESP_H

#include "store/redis/ask.h"

/* The bytes of a command; one with a script runs it by its SHA-1, or `as_text` by its text, and
 * `in_cluster` has one more key, which is never there: see store.h. */
struct str resp_encode(const struct command *command, bool as_text, bool in_cluster,
                       struct arena *arena);

#endif
