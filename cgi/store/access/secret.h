/* secret.h: the operations on connector secrets: texts by ids, which no document holds. Each makes
 * an ask ready (see ask.h), whose outcome says how it went; every one of them can also end AWAY or
 * FAULTY. What is passed in must live as long as the ask. */
#ifndef LASTSYNC_SECRET_H
#define LASTSYNC_SECRET_H

#include "store/redis/ask.h"

/* The field of the hash that has the text. */
extern const struct str secret_value;

/* Reads a secret: FOUND with one row, of one value; or MISSING. */
void secret_read(struct ask *ask, struct str id);

/* Writes one: CREATED or UPDATED. */
void secret_put(struct ask *ask, struct str id, struct str value);

/* Removes one: DELETED or MISSING. */
void secret_delete(struct ask *ask, struct str id);

#endif
