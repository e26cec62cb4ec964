/* overview.h: connectors by how they stand, the worst first, and the history of one. Operations, as
 * in connector.h.
 *
 * The counts and the order are those of the sorted set of standings (see standing.h). A connector
 * whose hash says otherwise is put right on the way. */
#ifndef LASTSYNC_OVERVIEW_H
#define LASTSYNC_OVERVIEW_H

#include "store/connector/connector.h"
#include "store/connector/standing.h"

enum overview_order { BY_STANDING, BY_NAME, BY_SUCCESS };

/* What an overview shall hold, and in the end how many connectors stand how. It must live as long
 * as the ask. */
struct overview {
    unsigned standings; /* that are wanted, a bit each (1 << standing); 0: all */
    struct selection selection;
    enum overview_order order;
    bool descending;     /* where it is not BY_STANDING */
    uint64_t from, size; /* the part of it that is wanted */
    unsigned history;    /* how many reports of each connector */
    int64_t now;         /* seconds since 1970 */

    uint64_t counts[STANDINGS]; /* of all connectors, whatever is wanted */
};

/* Lists connectors: FOUND, with how many match in total. Each row's values are those of
 * standing_fields, then those of the names. In its own order it reads no more connectors than it
 * gives; in another one, or with a selection, all that stand as wanted, in pages. */
void overview_list(struct ask *ask, struct overview *overview, const struct str *names,
                   size_t count);

/* Reads one connector like a row of a list: FOUND or MISSING, as a deleted one is. */
void overview_read(struct ask *ask, struct str id, unsigned history, const struct str *names,
                   size_t count);

/* Reads a connector's history, the newest report first: FOUND with one row that has nothing else,
 * or MISSING. `newest` is the id of the newest entry wanted, or "+". */
void overview_history(struct ask *ask, struct str id, struct str newest, unsigned size);

#endif
