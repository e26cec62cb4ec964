/* claim.h: who may have an index name. For the operations on connectors only.
 *
 * A name has a key, in the shard of the name, that says whose it is. With one shard, the script
 * that writes a name into a connector looks at that key, and writes it. With several, a name may
 * lie in another shard than the connector, which no script can see at once, and a request may end,
 * or be late, between any two steps. So no step relies on time:
 *
 *   1. in the connector's shard: it is noted that the connector intends to have the name, by a
 * token;
 *   2. in the name's shard: the name is reserved for the connector and the token, if it is free. If
 * it is not, it is looked whether its holder has it: then it is taken. If the holder only intends
 *      to have it, that intent is struck out, in the holder's shard, and the name taken over;
 *   3. in the connector's shard: the connector is written, if the intent is still there;
 *   4. in its shard, the former name is let go, if nobody has reserved it since.
 *
 * What arrives late finds that its intent is gone, or that the token of the name is another one,
 * and writes nothing. What a crash leaves, an intent or a reserved name, is what the next one who
 * wants the name strikes out and takes over. */
#ifndef LASTSYNC_CLAIM_H
#define LASTSYNC_CLAIM_H

#include "store/redis/ask.h"

struct claim;

/* Adds the command that writes the connector: a call of a script whose ARGV begins with
 * claim_words, and whose reply claim_start reads. */
typedef void claim_write(struct ask *ask, const struct claim *claim);

struct claim {
    struct str id;
    struct str index_name; /* empty for none */
    claim_write *write;
    void *operation; /* of the caller */

    struct str token, holder, holder_token;
    bool away;            /* whether the name is reserved in its own shard */
    bool own;             /* and was before, for this connector */
    enum outcome outcome; /* of the writing */
};

/* Makes the ask ready to write a connector that is to have this index name: it ends with the
 * outcome that the script answers, or TAKEN. */
void claim_start(struct ask *ask, struct str id, struct str index_name, claim_write *write,
                 void *operation);

/* Begins a call of a script that writes a connector, with all that name.lua takes. */
void claim_words(struct ask *ask, const struct claim *claim, const struct script *script);

/* Ends the ask with an outcome, once an index name that a connector has given up is let go. */
void claim_release(struct ask *ask, struct str id, struct str index_name, struct str token,
                   enum outcome outcome);

/* Whether the key of every index name lies in the shard of every connector, as scripts take it:
 * "all", or "". */
struct str claim_scope(const struct ask *ask);

#endif
