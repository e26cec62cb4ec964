/* index_name.h: which names an index may have (API, section 5.2). */
#ifndef LASTSYNC_INDEX_NAME_H
#define LASTSYNC_INDEX_NAME_H

#include "base/arena.h"

/* "Invalid index name [x], <why>", or an absent text for a good name. */
struct str index_name_fault(struct str name, struct arena *arena);

/* What requests that would give a connector the name are told of that fault. */
struct str index_name_complaint(struct str name, struct str fault, struct arena *arena);

#endif
