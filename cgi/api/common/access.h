/* access.h: checks who a client is and what it may do (API, section 8.6).
 *
 * A client shows a key, by "ApiKey base64(id:secret)" or by Basic with the id as the user's name;
 * or the web server names the user, and proves by a secret that it is the web server. This check is
 * the first one: a stranger gets 401 and learns nothing else. The check that the client may do what
 * it asks for is the last one before the handler: 403.
 *
 * The client's role (see role.h) decides what it may do. */
#ifndef LASTSYNC_ACCESS_H
#define LASTSYNC_ACCESS_H

#include "api/common/api.h"
#include "api/common/role.h"

struct access;

/* Opens access control. In ACCESS_PROXY the web server must show `proxy_secret`. */
struct access *access_open(enum access_mode mode, struct str proxy_secret);
void access_close(struct access *access);

/* Whether anybody may do anything: the mode is ACCESS_OFF. */
bool access_is_off(const struct access *access);

/* Whether a connector's id matches one of the patterns (see base/glob.h), which commas separate. */
bool access_fits(struct str patterns, struct str id, struct arena *arena);

/* The two checks: who the client is, and whether it may use the route. Both may ask the store. */
step access_authenticate, access_authorize;

#endif
