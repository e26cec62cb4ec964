/* index_name.h: checks the names of indices (API, section 5.2). */
#ifndef LASTSYNC_INDEX_NAME_H
#define LASTSYNC_INDEX_NAME_H

#include "base/arena.h"

/* Gives "Invalid index name [x], <why>", or an absent text for a valid name. */
struct str index_name_fault(struct str name, struct arena *arena);

/* Gives the complaint for requests that would give a connector a name with that fault. */
struct str index_name_complaint(struct str name, struct str fault, struct arena *arena);

#endif
