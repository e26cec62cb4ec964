/* chance.h: random bytes from the kernel. */
#ifndef LASTSYNC_CHANCE_H
#define LASTSYNC_CHANCE_H

#include <stddef.h>

/* Fills `bytes` with `count` random bytes, at most 256: so many the kernel always gives at once. */
void chance_fill(void *bytes, size_t count);

#endif
