/* claim.h: gives each index name to at most one connector. For the operations on connectors only.
 *
 * A name has a key, in the shard of the name, with the id of its holder. With one shard, the script
 * that writes a name into a connector checks that key, and writes it. With several, a name may be
 * in another shard than the connector. No script can see both, and a request may end, or be late,
 * between any two steps. So no step relies on time:
 *
 *   1. In the connector's shard: note the connector's intent to have the name, with a token.
 *   2. In the name's shard: if the name is free, reserve it for the connector and the token. If it
 *      is not, ask whether its holder has it; if so, the outcome is TAKEN. If the holder only
 *      intends to have it, strike that intent out, in the holder's shard, and take the name over.
 *   3. In the connector's shard: write the connector, if the intent is still there.
 *   4. In the former name's shard: let that name go, if nobody has reserved it since.
 *
 * A connector that gives a name up tells this to the other requests that intend to give it the same
 * name: they may have reserved it before it is let go. So they begin anew at step 1. A request that
 * does not write withdraws its intent, and lets the name go if the connector neither has it nor, by
 * another request, intends to have it.
 *
 * A late step finds that its intent is gone, or that the name has another token, and writes
 * nothing. An intent or a reserved name that a crash leaves behind is struck out and taken over by
 * the next request for the name. */
#ifndef LASTSYNC_CLAIM_H
#define LASTSYNC_CLAIM_H

#include "store/redis/ask.h"

struct claim;

/* Adds the command that writes the connector: a call of a script, begun with claim_words.
 * claim_start reads its reply. */
typedef void claim_write(struct ask *ask, const struct claim *claim);

struct claim {
    struct str id;
    struct str index_name; /* empty: none */
    claim_write *write;
    void *operation; /* the caller's */

    struct str token, holder, holder_token;
    bool away;            /* whether the name is reserved in its own shard */
    enum outcome outcome; /* of the ask, once the name has been let go */
};

/* Makes the ask ready to write a connector that is to have this index name. It ends with the
 * outcome that the script answers, or TAKEN. */
void claim_start(struct ask *ask, struct str id, struct str index_name, claim_write *write,
                 void *operation);

/* Begins a call of a script that writes a connector, with the words that name.inc.lua takes. */
void claim_words(struct ask *ask, const struct claim *claim, const struct script *script);

/* Lets go of an index name that a script answered for this, by its token, then ends the ask with
 * `outcome`. An empty name is none. */
void claim_release(struct ask *ask, struct str id, struct str index_name, struct str token,
                   enum outcome outcome);

/* Gives a word for scripts: "all" if there is one shard, so that the key of each index name is in
 * the shard of each connector; else "". */
struct str claim_scope(const struct ask *ask);

#endif
