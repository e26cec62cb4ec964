/* chance.c: random bytes. */
#include "base/chance.h"

#include <stdlib.h>
#include <sys/random.h>

void chance_fill(void *bytes, size_t count)
{
    if (getrandom(bytes, count, 0) != (ssize_t)count)
        abort();
}
