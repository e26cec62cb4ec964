/* endpoint.h: connections to servers on this machine. */
#ifndef LASTSYNC_CASES_ENDPOINT_H
#define LASTSYNC_CASES_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

/* Connects to "unix:/path", "unix:///path", "/path" or "host:port"; what is sent and received waits
 * no longer than ten seconds. Ends the process where that fails. */
int endpoint_connect(const char *where);

/* Sends all of it. False where the other side no longer takes it, which may still have answered. */
bool endpoint_send(int fd, const char *bytes, size_t count);

#endif
