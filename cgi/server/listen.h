/* listen.h: opens the socket that workers accept connections from. */
#ifndef LASTSYNC_LISTEN_H
#define LASTSYNC_LISTEN_H

/* Opens the socket at `address`, which is unix:/path or host:port (TCP), or takes it from
 * descriptor 0 where the address is NULL or empty: as systemd, spawn-fcgi and the FastCGI
 * specification pass it. A Unix socket that nobody serves any more is replaced; one that is served
 * is an error. Gives the descriptor, or -1 with a line in the log. */
int listen_open(const char *address);

/* Removes a Unix socket that listen_open made at this address. */
void listen_remove(const char *address);

#endif
