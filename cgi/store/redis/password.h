/* password.h: the password for Redis. */
#ifndef LASTSYNC_PASSWORD_H
#define LASTSYNC_PASSWORD_H

#include "store/redis/store.h"

enum { PASSWORD_MAX = 4096 }; /* bytes */

struct password {
    struct str text; /* absent: there is none */
    char room[PASSWORD_MAX + 2];
};

/* Reads the password: the first line of the address's password file, or else the address's own.
 * Gives what is wrong, or NULL. */
const char *password_read(const struct store_address *address, struct password *password);

#endif
