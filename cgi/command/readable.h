/* readable.h: checks that the stored fields of a document can be read. */
#ifndef LASTSYNC_READABLE_H
#define LASTSYNC_READABLE_H

#include "store/upkeep/whole.h"

/* Gives the name of the first faulty field of a document: its value cannot be read, or it is among
 * the secrets and should not be, or the reverse. Absent if there is none. Unknown fields are not
 * faulty. */
struct str readable_fault(const struct whole *whole, struct arena *arena);

#endif
