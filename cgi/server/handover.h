/* handover.h: passes connections from a worker that leaves to one that stays. */
#ifndef LASTSYNC_HANDOVER_H
#define LASTSYNC_HANDOVER_H

#include <stdbool.h>

/* Makes a pair of sockets: [0] to receive from, [1] to send into. False if that fails. */
bool handover_open(int pair[2]);

/* Sends a copy of the descriptor, which still belongs to the caller. False if it cannot be sent
 * within three seconds: the socket is full, or as many descriptors are under way as a process may
 * have open. */
bool handover_send(int socket, int descriptor);

/* Receives a descriptor; gives -1 if none waits. */
int handover_receive(int socket);

#endif
