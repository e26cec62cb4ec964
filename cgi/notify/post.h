/* post.h: sends a JSON text to an address by HTTP, or an e-mail by SMTP, and waits for the answer.
 */
#ifndef LASTSYNC_NOTIFY_POST_H
#define LASTSYNC_NOTIFY_POST_H

#include <stdint.h>

#include "base/arena.h"

enum { POST_FAULT_MAX = 256 };

struct post {
    struct str url, body;  /* a NUL follows the URL */
    struct str headers[2]; /* "Name: value", followed by a NUL; absent: none */
    struct str from;       /* of an e-mail: its sender's address, */
    const struct str *to;  /* and those who get it; each followed by a NUL */
    size_t to_count;       /* 0: it goes by HTTP */
    long seconds;          /* the time limit */
};

struct post_fault {
    char text[POST_FAULT_MAX];
    int64_t retry_after; /* the seconds that a 429 or 503 asks to wait; 0: it does not ask */
};

/* Sends it. True if the answer is a 2xx, or if the server has taken the e-mail for all of those who
 * get it; else *fault says what was wrong. It does not follow redirections: they would take secrets
 * elsewhere. A password in the URL of an SMTP server goes over TLS only. */
bool post_send(const struct post *post, struct post_fault *fault);

#endif
