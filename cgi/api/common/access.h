/* access.h: who may do what (API, section 8.6).
 *
 * A client shows a key, by "ApiKey base64(id:secret)" or by Basic with the id as the user's name;
 * or the web server says who it is, and proves by a secret that it is the web server. That comes
 * before all that can be wrong with a request: a stranger gets 401 and learns nothing else. Whether
 * the client may do what it asks for comes last before it is done: 403.
 *
 * What a client may do is its role (see role.h). */
#ifndef LASTSYNC_ACCESS_H
#define LASTSYNC_ACCESS_H

#include "api/common/api.h"
#include "api/common/role.h"

struct access;

/* `proxy_secret` is what the web server must show in ACCESS_PROXY. */
struct access *access_open(enum access_mode mode, struct str proxy_secret);
void access_close(struct access *access);

/* Whether anybody may do anything: the mode is ACCESS_OFF. */
bool access_is_off(const struct access *access);

/* Whether a connector's id fits one of the patterns (see base/glob.h), with commas between them. */
bool access_fits(struct str patterns, struct str id, struct arena *arena);

/* The two checks. Both may ask the store. */
step access_authenticate, access_authorize;

#endif
