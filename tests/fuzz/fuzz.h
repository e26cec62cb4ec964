/* fuzz.h: shared by all fuzz targets. */
#ifndef LASTSYNC_FUZZ_H
#define LASTSYNC_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Checks a condition that must hold for any input; unlike assert, in any build. */
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: not %s\n", __FILE__, __LINE__, #condition);              \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* One for the process, reset with each input. */
static inline struct arena *fuzz_arena(void)
{
    static struct arena *arena;

    if (!arena)
        arena = arena_new();
    arena_reset(arena);
    return arena;
}

/* A copy of the input in memory of its own, so that a sanitizer sees reads beyond its end. */
static inline struct str fuzz_input(const uint8_t *data, size_t size, char **memory)
{
    *memory = malloc(size + !size);
    REQUIRE(*memory);
    if (size)
        memcpy(*memory, data, size);
    return (struct str){ *memory, size };
}

#endif
