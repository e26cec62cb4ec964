/* lookup.h: finds the address of a host name in a thread of its own, because a resolver that does
 * not answer would block the loop for seconds. */
#ifndef LASTSYNC_LOOKUP_H
#define LASTSYNC_LOOKUP_H

#include <stdbool.h>

enum { LOOKUP_ADDRESS_MAX = 64 }; /* bytes of an address as text, with its NUL */

struct lookup;

/* Whether the text is an address already. */
bool lookup_is_address(const char *host);

/* Begins to look a name up. NULL if there is no memory, or no thread. */
struct lookup *lookup_begin(const char *host);

/* Looks whether the result is there, without waiting; false if not. Else writes the first address
 * of the name, IPv4 before IPv6, and sets *fault to NULL, or to a sentence if there is no address;
 * and ends the lookup. */
bool lookup_end(struct lookup *lookup, char address[LOOKUP_ADDRESS_MAX], const char **fault);

/* Gives a lookup up. Its thread may go on for a while, and then cleans up. */
void lookup_abandon(struct lookup *lookup);

#endif
