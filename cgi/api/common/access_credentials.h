/* access_credentials.h: reads what a client sends in its Authorization header (API, section 8.6).
 */
#ifndef LASTSYNC_ACCESS_CREDENTIALS_H
#define LASTSYNC_ACCESS_CREDENTIALS_H

#include "base/arena.h"

enum {
    AUTHORIZATION_MAX = 1024, /* bytes of the header's value */
    KEY_ID_MAX = 64,          /* bytes of a key's id: letters, digits, '-' and '_' */
    KEY_SECRET_MAX = 128      /* bytes of its secret: visible ASCII */
};

enum credentials_kind {
    CREDENTIALS_NONE,    /* nothing, or a scheme that is not ours */
    CREDENTIALS_API_KEY, /* "ApiKey base64(id:secret)" */
    CREDENTIALS_BASIC    /* "Basic base64(id:secret)": what curl -u and browsers can send */
};

struct credentials {
    enum credentials_kind kind;
    bool broken;           /* what stands behind the scheme can be no key */
    struct str id, secret; /* of one that can */
};

/* Whether the text can be a key's id. */
bool key_id_is_valid(struct str id);

/* Reads the header's value, absent where there was none. The texts live in the arena. */
struct credentials credentials_read(struct str value, struct arena *arena);

#endif
