/* fastcgi.h: one kept FastCGI connection from the web server.
 *
 * libfcgi reads until it has what it wants, so a peer that sends half a request would stop the
 * whole worker, and a request whose body was not read to its end would have the rest parsed as the
 * next request. So the records are looked at before libfcgi gets them, and a connection that held
 * anything but one whole, plain request is closed after its answer. */
#ifndef LASTSYNC_FASTCGI_H
#define LASTSYNC_FASTCGI_H

#include "http/http.h"

/* Bytes that are looked at: the head of a request must be within them. */
enum { FASTCGI_LOOK = 64 * 1024 };

/* Bytes from which on a request is received that is not whole yet, if its head is. */
enum { FASTCGI_LONG = 32 * 1024 };

/* Milliseconds for the rest of a request that is longer, and for a body over the limit; and for a
 * peer that does not read its answer, for which libfcgi may wait twice. */
enum { FASTCGI_PATIENCE = 1000, FASTCGI_SEND_PATIENCE = 400 };

struct fastcgi;

/* Takes over an accepted connection, which it closes in the end. */
struct fastcgi *fastcgi_open(int descriptor);
void fastcgi_close(struct fastcgi *fastcgi);

enum fastcgi_state {
    FASTCGI_WAITING, /* nothing, or not yet all of a request */
    FASTCGI_REQUEST, /* a request was read */
    FASTCGI_GONE     /* the peer has closed, or sends what is no request: close it */
};

/* Reads a request if a whole one is there, with at most `body_limit` bytes of body; its target is
 * absent where the web server does not pass it. The request lives until fastcgi_answer. Sets
 * *partial where something, but not all of a request has come. */
enum fastcgi_state fastcgi_read(struct fastcgi *fastcgi, size_t body_limit, struct arena *arena,
                                struct request *request, bool *partial);

/* Whether the peer has left while its request is being answered: web servers close the connection
 * when their client has closed its own. */
bool fastcgi_abandoned(const struct fastcgi *fastcgi);

/* Takes the connection out of it, at a moment when no request is being answered, and gives its
 * descriptor, which is now the caller's. */
int fastcgi_release(struct fastcgi *fastcgi);

/* Sends the response, and closes the connection behind it unless it may stay. False where it is of
 * no more use: close it. */
bool fastcgi_answer(struct fastcgi *fastcgi, const struct response *response, bool may_stay,
                    struct arena *arena);

/* Prepares the process for libfcgi; once, before anything else. */
void fastcgi_start(void);

#endif
