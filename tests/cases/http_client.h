/* http_client.h: sends cases to a server over HTTP/1.1, on one connection that is kept. */
#ifndef LASTSYNC_CASES_HTTP_CLIENT_H
#define LASTSYNC_CASES_HTTP_CLIENT_H

#include "inprocess.h"

/* Names the server, as endpoint_connect takes it. */
void http_client_open(const char *where);

/* Sends the request with its headers as they are, in chunks where they say so, else with a
 * Content-Length where there is a body. Connects anew only where the server said that it closes. */
respond_function http_client_respond;

void http_client_close(void);

#endif
