/* overview.h: operations that list connectors by their state, the worst first, and that read the
 * history of one. Outcomes and lifetimes are as in connector.h. */
#ifndef LASTSYNC_OVERVIEW_H
#define LASTSYNC_OVERVIEW_H

#include "store/connector/connector.h"
#include "store/connector/state.h"

enum overview_order { BY_STATE, BY_NAME, BY_SUCCESS };

/* The contents that an overview is to have; and, once it has ended, how many connectors have each
 * state. It must live as long as the ask. */
struct overview {
    unsigned states; /* the wanted states, a bit each (1 << state); 0: all */
    struct selection selection;
    enum overview_order order;
    bool descending;     /* unless it is BY_STATE */
    uint64_t from, size; /* the wanted part of the list */
    uint64_t most;       /* if more match, no rows are given; 0: no limit */
    unsigned history;    /* how many past syncs of each connector to read */
    bool days;           /* whether to read their counts by day, too */
    size_t text_max;     /* bytes after which fields are cut */
    int64_t now;         /* seconds since 1970 */

    uint64_t counts[CONNECTOR_STATES]; /* of all connectors that are not muted, wanted or not */
    uint64_t muted;                    /* how many are muted */
    uint64_t running;                  /* how many run a sync, muted ones included */
    uint64_t unsearched; /* connectors that fail, and whose errors the selection did not search */
};

/* Lists connectors: FOUND, with the total number that matches; the ask's take_rows gets the wanted
 * part, with scores from `standings`. Names are sorted by their first 256 bytes. A selection that
 * searches errors sees those of the FAILURES_MAX connectors that began to fail last. Without a
 * selection, it reads no more connectors than it gives, unless some states are wanted and the order
 * is not BY_STATE. */
void overview_list(struct ask *ask, struct overview *overview, const struct str *names,
                   size_t count);

/* Reads one connector like a row of a list: FOUND, or MISSING (also if it is deleted). */
void overview_read(struct ask *ask, struct str id, unsigned history, const struct str *names,
                   size_t count);

/* Reads a connector's history, the newest sync first: FOUND with one row that has only the history,
 * or MISSING. `newest` is the id of the newest wanted entry, or "+". */
void overview_history(struct ask *ask, struct str id, struct str newest, unsigned size);

#endif
