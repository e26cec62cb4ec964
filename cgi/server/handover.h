/* handover.h: passes connections from a worker that leaves to one that stays. */
#ifndef LASTSYNC_HANDOVER_H
#define LASTSYNC_HANDOVER_H

#include <stdbool.h>

/* A pair of sockets: [0] to receive from, [1] to send into. False where there can be none. */
bool handover_open(int pair[2]);

/* Sends a copy of the descriptor, which stays the caller's. False where nobody takes any for a
 * second: the socket is full, or there are as many under way as a process may have open. */
bool handover_send(int socket, int descriptor);

/* A descriptor that was sent, or -1: none is there. */
int handover_receive(int socket);

#endif
