/* fastcgi.h: one kept FastCGI connection from the web server.
 *
 * libfcgi reads until it has what it wants, so a peer that sends half a request would stop the
 * whole worker; and if a body is not read to its end, libfcgi parses the rest as the next request.
 * Therefore records are checked before libfcgi gets them, and a connection that held anything
 * except one whole, plain request is closed after its answer. Nor does libfcgi answer, because it
 * waits for peers that read slowly. Nothing here waits. */
#ifndef LASTSYNC_FASTCGI_H
#define LASTSYNC_FASTCGI_H

#include "http/http.h"

/* Bytes that are checked in advance: the head of a request must lie within them. */
enum { FASTCGI_LOOK = 64 * 1024 };

/* If so many bytes have come, and with them the whole head, the request is received as it comes,
 * and kept here until its end: web servers may send no more before that. */
enum { FASTCGI_LONG = 32 * 1024 };

struct fastcgi;

/* Takes over an accepted connection. fastcgi_close closes it. */
struct fastcgi *fastcgi_open(int descriptor);
void fastcgi_close(struct fastcgi *fastcgi);

enum fastcgi_state {
    FASTCGI_WAITING, /* no whole request is there yet: more must come */
    FASTCGI_MORE,    /* nor here, but more has come: read again, once others have had their turn */
    FASTCGI_REQUEST, /* a request was read */
    FASTCGI_GONE     /* the peer has closed it, or sends something else: close it */
};

/* Reads a request if a whole one is there, with at most `body_limit` bytes of body. The target is
 * absent if the web server does not pass it. The request lives until its answer was sent. Sets
 * *partial if a part of a request has come. */
enum fastcgi_state fastcgi_read(struct fastcgi *fastcgi, size_t body_limit, struct arena *arena,
                                struct request *request, bool *partial);

/* The connection's descriptor. */
int fastcgi_descriptor(const struct fastcgi *fastcgi);

/* How many bytes are kept here of a request that has not come to its end. */
size_t fastcgi_held(const struct fastcgi *fastcgi);

/* Whether the peer has left while its request is being answered: web servers close the connection
 * when their client has closed its own. */
bool fastcgi_abandoned(const struct fastcgi *fastcgi);

/* Gives up the connection, while no request is kept here or being answered: frees the struct, and
 * gives the descriptor, which now belongs to the caller. */
int fastcgi_release(struct fastcgi *fastcgi);

/* While no request is being answered, asks the peer to close the connection. nginx does so if
 * anything comes into a connection that it does not use. If it is just sending a request, that is
 * answered as ever: a record of no error messages means nothing in front of the answer. */
void fastcgi_dismiss(struct fastcgi *fastcgi);

enum fastcgi_sending {
    FASTCGI_SENT,   /* all of it: the connection is free for another request */
    FASTCGI_UNSENT, /* the peer takes no more for now: call fastcgi_send when it does */
    FASTCGI_ENDED   /* the connection is of no more use: close it */
};

/* Begins to send the response, whose texts must live until all is sent. The connection is to be
 * closed then unless it `may_stay`. */
enum fastcgi_sending fastcgi_answer(struct fastcgi *fastcgi, const struct response *response,
                                    bool may_stay, struct arena *arena);

/* Goes on with that. */
enum fastcgi_sending fastcgi_send(struct fastcgi *fastcgi);

/* Prepares the process for libfcgi. To be called once, before anything else here. */
void fastcgi_start(void);

#endif
