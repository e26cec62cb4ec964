/* resp.h: writes commands in Redis's protocol (RESP 2). hiredis formats them argument by argument,
 * which took a tenth of a worker's time. */
#ifndef LASTSYNC_RESP_H
#define LASTSYNC_RESP_H

#include "store/redis/ask.h"

/* Writes the bytes of a command. A script is named by its SHA-1 or, if `as_text`, sent as its text;
 * if `in_cluster`, it gets one more key, which never exists: see store.h. */
struct str resp_encode(const struct command *command, bool as_text, bool in_cluster,
                       struct arena *arena);

#endif
