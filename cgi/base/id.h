/* id.h: ids of new documents. */
#ifndef LASTSYNC_ID_H
#define LASTSYNC_ID_H

#include "base/arena.h"

enum { ID_NEW_LENGTH = 20 };

/* A new id: fifteen bytes of time and chance in URL-safe base64. Later ids mostly come behind
 * earlier ones. */
struct str id_new(struct arena *arena);

#endif
