/* role.h: the words of access control: its modes, and the roles of clients. */
#ifndef LASTSYNC_ROLE_H
#define LASTSYNC_ROLE_H

#include "base/str.h"

enum access_mode {
    ACCESS_OFF,  /* everybody may do everything */
    ACCESS_KEYS, /* clients show a key that is in Redis */
    ACCESS_PROXY /* clients show a key, or the web server names the user */
};

/* The words for the modes; NULL ends them. */
extern const char *const access_modes[];

/* The roles. The last one may do everything; the others may use the routes that are open to them
 * (see struct route). */
enum role {
    ROLE_NONE,
    ROLE_REPORT,
    ROLE_VIEW,
    ROLE_MONITOR,
    ROLE_READ_SECRETS,
    ROLE_WRITE_SECRETS,
    ROLE_MANAGE,
    ROLE_COUNT
};

/* Gives the role of that name; ROLE_NONE, which may do nothing, for an unknown name. */
enum role role_read(struct str name);
struct str role_name(enum role role);

#endif
