/* secret.h: the operations on connector secrets: texts that have an id and belong to no document.
 * Each makes an ask ready (see ask.h), and names its outcomes below; each can also end AWAY or
 * FAULTY. The arguments must live as long as the ask. */
#ifndef LASTSYNC_SECRET_H
#define LASTSYNC_SECRET_H

#include "store/redis/ask.h"

/* The name of the hash's field that holds the text. */
extern const struct str secret_value;

/* Reads a secret: FOUND with one row of one value, or MISSING. */
void secret_read(struct ask *ask, struct str id);

/* Writes a secret: CREATED or UPDATED. */
void secret_put(struct ask *ask, struct str id, struct str value);

/* Removes a secret: DELETED or MISSING. */
void secret_delete(struct ask *ask, struct str id);

#endif
