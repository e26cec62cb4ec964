/* cgi.h: lastsync as a plain CGI program (RFC 3875): one request in the environment and on standard
 * input, its answer on standard output. For small sites, for debugging, and for tests of the
 * program without a server. */
#ifndef LASTSYNC_CGI_H
#define LASTSYNC_CGI_H

#include "http/http.h"

/* Whether a web server has started this process for one request. If so, its arguments come from the
 * client (RFC 3875, section 4.4), and must be ignored. */
bool cgi_is_asked(void);

/* Reads the request, without its body, from the environment, and gives the announced length of the
 * body. Removes from the environment what the web server says about the client (LASTSYNC_ROLE, for
 * example), because it is no option. The request lives as long as the arena. */
struct str cgi_read(struct arena *arena, struct request *request);

/* Reads the body from standard input; a body over the limit is not read. Sets the request's body
 * and body_state. */
void cgi_read_body(struct str length, size_t limit, struct arena *arena, struct request *request);

/* Writes the answer to standard output. False if that fails. */
bool cgi_answer(const struct response *response, struct arena *arena);

#endif
