/* access_credentials.h: reads the Authorization header of a request (API, section 8.6). */
#ifndef LASTSYNC_ACCESS_CREDENTIALS_H
#define LASTSYNC_ACCESS_CREDENTIALS_H

#include "base/arena.h"

enum {
    AUTHORIZATION_MAX = 1024, /* bytes of the header's value */
    KEY_ID_MAX = 64,          /* bytes of a key's id: letters, digits, '-' and '_' */
    KEY_SECRET_MAX = 128      /* bytes of its secret: visible ASCII */
};

enum credentials_kind {
    CREDENTIALS_NONE,    /* no header, or a scheme that is not ours */
    CREDENTIALS_API_KEY, /* "ApiKey base64(id:secret)" */
    CREDENTIALS_BASIC    /* "Basic base64(id:secret)", as curl -u and browsers send it */
};

struct credentials {
    enum credentials_kind kind;
    bool broken;           /* the text after the scheme cannot be a key */
    struct str id, secret; /* unless it is broken */
};

/* Whether the text has the form of a key's id. */
bool key_id_is_valid(struct str id);

/* Reads the header's value (absent: no header was sent). The texts live in the arena. */
struct credentials credentials_read(struct str value, struct arena *arena);

#endif
