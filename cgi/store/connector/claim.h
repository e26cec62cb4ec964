/* claim.h: who holds an index name. For the operations only.
 *
 * A name's holder lies in another slot than the connector that has the name, so that no script sees
 * both. Whoever writes a name into a connector claims it before, and settles the claim after:
 * meanwhile nobody can take the name away. Whoever finds a name held looks at the holder before it
 * says that the name is taken, and whoever gives a name up looks whether the connector has it
 * again: a claim that comes in between undoes the look. So what a crash leaves behind is mended by
 * the next one who wants the name. */
#ifndef LASTSYNC_CLAIM_H
#define LASTSYNC_CLAIM_H

#include "store/redis/ask.h"

/* A claim; it begins the state of an operation that makes one. */
struct claim {
    struct str id;
    struct str index_name; /* empty for none: then nothing is claimed */
    struct str word;       /* that tells it from all others */
    struct str holder;     /* who is looked at */
    void (*then)(struct ask *ask);
};

/* Claims the name for the ask's operation and goes on with `then`; or ends the ask: TAKEN. */
void claim_start(struct ask *ask, struct str id, struct str index_name,
                 void (*then)(struct ask *ask));

/* Asks to end the claim, in the pipeline of the step at hand; the reply says nothing. */
void claim_settle(struct ask *ask, const struct claim *claim);

/* Gives the name up, unless the connector has it after all, and calls `then`, without replies and
 * with the ask's operation as it is now. */
void claim_release(struct ask *ask, struct str id, struct str index_name, ask_step *then);

#endif
