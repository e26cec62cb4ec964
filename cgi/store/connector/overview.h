/* overview.h: connectors by their state, the worst first, and the history of one. Operations, as in
 * connector.h. */
#ifndef LASTSYNC_OVERVIEW_H
#define LASTSYNC_OVERVIEW_H

#include "store/connector/connector.h"
#include "store/connector/state.h"

enum overview_order { BY_STATE, BY_NAME, BY_SUCCESS };

/* What an overview shall hold, and in the end how many connectors have which state. It must live as
 * long as the ask. */
struct overview {
    unsigned states; /* that are wanted, a bit each (1 << state); 0: all */
    struct selection selection;
    enum overview_order order;
    bool descending;     /* where it is not BY_STATE */
    uint64_t from, size; /* the part of it that is wanted */
    uint64_t most;       /* where more match, none are given; 0: any number may match */
    unsigned history;    /* how many syncs of each connector */
    bool days;           /* whether their counts by day are read, too */
    size_t text_max;     /* bytes behind which fields are cut */
    int64_t now;         /* seconds since 1970 */

    uint64_t
        counts[CONNECTOR_STATES]; /* of all connectors that are not muted, whatever is wanted */
    uint64_t muted;               /* how many are */
    uint64_t running;             /* of all, muted ones too, those that run a sync */
};

/* Lists connectors: FOUND, with how many match in total; the ask's take_rows gets the wanted part,
 * whose scores are those in `standings`. Names are in the order of their first 256 bytes. Without a
 * selection, it reads no more connectors than it gives, unless states are wanted in another order
 * than that of states. */
void overview_list(struct ask *ask, struct overview *overview, const struct str *names,
                   size_t count);

/* Reads one connector like a row of a list: FOUND or MISSING, as a deleted one is. */
void overview_read(struct ask *ask, struct str id, unsigned history, const struct str *names,
                   size_t count);

/* Reads a connector's history, the newest sync first: FOUND with one row that has nothing else, or
 * MISSING. `newest` is the id of the newest entry wanted, or "+". */
void overview_history(struct ask *ask, struct str id, struct str newest, unsigned size);

#endif
