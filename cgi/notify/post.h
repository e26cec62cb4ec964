/* post.h: sends a JSON text to an address by HTTP, and waits for its answer. */
#ifndef LASTSYNC_NOTIFY_POST_H
#define LASTSYNC_NOTIFY_POST_H

#include "base/arena.h"

enum { POST_FAULT_MAX = 256 };

struct post {
    struct str url, body;  /* the URL has a NUL behind it */
    struct str headers[2]; /* "Name: value" with a NUL behind it; absent: none */
    long seconds;          /* that it may take */
};

/* Sends it. True where the answer is a 2xx; else *fault says what was wrong. Redirections are not
 * followed: they would take secrets elsewhere. */
bool post_send(const struct post *post, char fault[POST_FAULT_MAX]);

#endif
