/* listen.h: opens the socket that workers accept connections from. */
#ifndef LASTSYNC_LISTEN_H
#define LASTSYNC_LISTEN_H

/* Opens the socket at `address`: unix:/path, or host:port (TCP). If the address is NULL or empty,
 * takes the socket from descriptor 0, as systemd, spawn-fcgi and the FastCGI specification pass it.
 * A Unix socket that no process serves any more is replaced; one that is served is an error. Gives
 * the descriptor, or -1 after a line in the log. */
int listen_open(const char *address);

/* Removes a Unix socket that listen_open made at this address. */
void listen_remove(const char *address);

#endif
