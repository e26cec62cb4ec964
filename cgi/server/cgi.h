/* cgi.h: lastsync as a plain CGI program (RFC 3875): one request in the environment and on standard
 * input, its answer on standard output. For small sites, for debugging, and for tests of the
 * program without a server. */
#ifndef LASTSYNC_CGI_H
#define LASTSYNC_CGI_H

#include "http/http.h"

/* Whether a web server has started this process for one request. Its arguments are then the
 * client's (RFC 3875, section 4.4), and must not be heeded. */
bool cgi_is_asked(void);

/* Takes the request, but for its body, from the environment, and gives the length of the body as it
 * was announced. What the web server says of the client (LASTSYNC_ROLE, say) is taken out of the
 * environment, for it is no option. The request lives as long as the arena. */
struct str cgi_read(struct arena *arena, struct request *request);

/* Takes the body from standard input. One over the limit is not read. */
void cgi_read_body(struct str length, size_t limit, struct arena *arena, struct request *request);

/* Writes the answer. False where nobody takes it. */
bool cgi_answer(const struct response *response, struct arena *arena);

#endif
