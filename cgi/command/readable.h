/* readable.h: whether what is stored in a field can be read. */
#ifndef LASTSYNC_READABLE_H
#define LASTSYNC_READABLE_H

#include "store/upkeep/whole.h"

/* The name of the first field of a document that cannot be read, or that lies among the secrets and
 * should not, or the other way round; absent where all is well. A field that is not known is. */
struct str readable_fault(const struct whole *whole, struct arena *arena);

#endif
