/* access_key.h: the operations on the keys of access control. Each makes an ask ready (see ask.h),
 * and names its outcomes below; each can also end AWAY or FAULTY.
 *
 * Each key has a hash of its own. The set of all ids is in another slot of a cluster and is used
 * only to list them: an id without a hash belongs to a key that was revoked, or whose creation did
 * not finish. */
#ifndef LASTSYNC_STORE_ACCESS_KEY_H
#define LASTSYNC_STORE_ACCESS_KEY_H

#include "store/redis/ask.h"

/* The fields of a key's hash. Absent ones are not stored. */
enum access_field {
    ACCESS_SECRET_SHA256, /* in hexadecimal; the secret itself is not stored */
    ACCESS_ROLE,
    ACCESS_CONNECTORS,
    ACCESS_CREATED_AT, /* a datetime, as the API prints it */
    ACCESS_EXPIRES_AT,
    ACCESS_NAME,
    ACCESS_OWNER,
    ACCESS_FIELDS
};

extern const struct str access_fields[ACCESS_FIELDS];

/* Reads a key: FOUND with one row, whose values are indexed by enum access_field, or MISSING. */
void access_key_read(struct ask *ask, struct str id);

/* Stores a new key with these values: CREATED. */
void access_key_create(struct ask *ask, struct str id, const struct str values[ACCESS_FIELDS]);

/* Removes a key: DELETED or MISSING. */
void access_key_revoke(struct ask *ask, struct str id);

/* Lists all keys: FOUND, with a row for each. */
void access_key_list(struct ask *ask);

#endif
