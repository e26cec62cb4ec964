/* chance.h: random bytes from the kernel. */
#ifndef LASTSYNC_CHANCE_H
#define LASTSYNC_CHANCE_H

#include <stddef.h>

/* Fills up to 256 bytes, which the kernel gives whole. */
void chance_fill(void *bytes, size_t count);

#endif
