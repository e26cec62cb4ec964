/* role.h: the words of access control: its modes, and what clients may be. */
#ifndef LASTSYNC_ROLE_H
#define LASTSYNC_ROLE_H

#include "base/str.h"

enum access_mode {
    ACCESS_OFF,  /* everybody may do everything */
    ACCESS_KEYS, /* by the keys that are in Redis */
    ACCESS_PROXY /* by these, or by what the web server says */
};

/* The words for the modes, with a NULL behind the last. */
extern const char *const access_modes[];

/* What a client may do. The last one may do everything, the others what routes are open to (see
 * struct route). */
enum role {
    ROLE_NONE,
    ROLE_REPORT,
    ROLE_MONITOR,
    ROLE_READ_SECRETS,
    ROLE_WRITE_SECRETS,
    ROLE_MANAGE,
    ROLE_COUNT
};

/* The role of that name; ROLE_NONE, which may do nothing, for any other. */
enum role role_read(struct str name);
struct str role_name(enum role role);

#endif
