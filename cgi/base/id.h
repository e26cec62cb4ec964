/* id.h: ids of new documents. */
#ifndef LASTSYNC_ID_H
#define LASTSYNC_ID_H

#include "base/arena.h"

enum { ID_NEW_LENGTH = 20 };

/* A new id: seven bytes of time, in microseconds, and eight of chance, in digits that are safe in
 * URLs and in byte order: later ids come behind earlier ones. */
struct str id_new(struct arena *arena);

#endif
