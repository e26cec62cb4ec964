/* lookup.h: finds the address of a host's name, in a thread of its own, for a resolver that is away
 * takes seconds to say so. */
#ifndef LASTSYNC_LOOKUP_H
#define LASTSYNC_LOOKUP_H

#include <stdbool.h>

enum { LOOKUP_ADDRESS_MAX = 64 }; /* bytes of an address as text, with its NUL */

struct lookup;

/* Whether the text is an address, and needs no lookup. */
bool lookup_is_address(const char *host);

/* Begins to look a name up. NULL where that cannot begin: no memory, or no thread. */
struct lookup *lookup_begin(const char *host);

/* Gives the first address of the name, IPv4 before IPv6, or says in words why there is none (NULL:
 * there is one), and ends the lookup. False while that is not known: nothing waits. */
bool lookup_end(struct lookup *lookup, char address[LOOKUP_ADDRESS_MAX], const char **fault);

/* Ends a lookup whose result nobody wants any more; it may go on for a while by itself. */
void lookup_abandon(struct lookup *lookup);

#endif
