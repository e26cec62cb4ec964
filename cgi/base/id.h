/* id.h: ids of new documents. */
#ifndef LASTSYNC_ID_H
#define LASTSYNC_ID_H

#include "base/arena.h"

enum { ID_NEW_LENGTH = 20 };

/* A new id: seven bytes of time, in microseconds, and eight random bytes. Its characters are safe
 * in URLs, and their byte order is that of time: a later id sorts after an earlier one. */
struct str id_new(struct arena *arena);

#endif
