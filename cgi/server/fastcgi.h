/* fastcgi.h: one kept FastCGI connection from the web server.
 *
 * libfcgi reads until it has what it wants, so a peer that sends half a request would stop the
 * whole worker; and if a body is not read to its end, libfcgi parses the rest as the next request.
 * Therefore records are checked before libfcgi gets them, and a connection that held anything
 * except one whole, plain request is closed after its answer. */
#ifndef LASTSYNC_FASTCGI_H
#define LASTSYNC_FASTCGI_H

#include "http/http.h"

/* Bytes that are checked in advance: the head of a request must lie within them. */
enum { FASTCGI_LOOK = 64 * 1024 };

/* If so many bytes have come, and with them the whole head, the request is received, although its
 * end has not come yet. */
enum { FASTCGI_LONG = 32 * 1024 };

/* Milliseconds that the rest of such a request may take, or of a body over the limit; and that a
 * peer may take to read its answer, for which libfcgi may wait twice. */
enum { FASTCGI_PATIENCE = 1000, FASTCGI_SEND_PATIENCE = 400 };

struct fastcgi;

/* Takes over an accepted connection. fastcgi_close closes it. */
struct fastcgi *fastcgi_open(int descriptor);
void fastcgi_close(struct fastcgi *fastcgi);

enum fastcgi_state {
    FASTCGI_WAITING, /* no whole request is there yet */
    FASTCGI_REQUEST, /* a request was read */
    FASTCGI_GONE     /* the peer has closed it, or sends something else: close it */
};

/* Reads a request if a whole one is there, with at most `body_limit` bytes of body. The target is
 * absent if the web server does not pass it. The request lives until fastcgi_answer. Sets *partial
 * if a part of a request has come. */
enum fastcgi_state fastcgi_read(struct fastcgi *fastcgi, size_t body_limit, struct arena *arena,
                                struct request *request, bool *partial);

/* Whether the peer has left while its request is being answered: web servers close the connection
 * when their client has closed its own. */
bool fastcgi_abandoned(const struct fastcgi *fastcgi);

/* Gives up the connection, while no request is being answered: frees the struct, and gives the
 * descriptor, which now belongs to the caller. */
int fastcgi_release(struct fastcgi *fastcgi);

/* While no request is being answered, asks the peer to close the connection. nginx does so if
 * anything comes into a connection that it does not use. If it is just sending a request, that is
 * answered as ever: a record of no error messages means nothing in front of the answer. */
void fastcgi_dismiss(struct fastcgi *fastcgi);

/* Sends the response, and closes the connection afterwards unless it `may_stay`. False if it is of
 * no more use: call fastcgi_close. */
bool fastcgi_answer(struct fastcgi *fastcgi, const struct response *response, bool may_stay,
                    struct arena *arena);

/* Prepares the process for libfcgi. To be called once, before anything else here. */
void fastcgi_start(void);

#endif
