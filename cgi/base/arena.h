/* arena.h: memory that lives as long as its request. Nothing is freed one by one. */
#ifndef LASTSYNC_ARENA_H
#define LASTSYNC_ARENA_H

#include "base/str.h"

struct arena;

/* A new, empty arena. As everywhere in this module, running out of memory ends the process: a
 * worker keeps nothing that could be lost, and the pool replaces it. */
struct arena *arena_new(void);

/* Runs what was deferred, then gives all memory back. */
void arena_free(struct arena *arena);

/* Runs what was deferred, newest first, and makes all memory free for reuse. The first block is
 * kept, so that a usual request costs no malloc. What was taken before is gone. */
void arena_reset(struct arena *arena);

/* `size` bytes, aligned for any type, not cleared; never NULL. */
void *arena_take(struct arena *arena, size_t size);

/* `size` bytes, aligned for any type, all of them zero; never NULL. */
void *arena_take_cleared(struct arena *arena, size_t size);

/* Enlarges the `size` bytes at `old` to `wanted`, which is not less, and gives their new place;
 * `old` is gone. The bytes that were taken last grow in place if their block has room, and long
 * ones grow together with their block, so that a growing text leaves no copies of itself behind. */
void *arena_grow(struct arena *arena, void *old, size_t size, size_t wanted);

/* How many bytes the arena has taken from the system, used or not. */
size_t arena_size(const struct arena *arena);

/* A copy of the text, followed by a NUL that its length does not include. An absent text stays
 * absent. */
struct str arena_copy(struct arena *arena, struct str text);

/* Calls release(subject) at the next arena_reset or arena_free: the undo, next to the do. */
void arena_defer(struct arena *arena, void (*release)(void *subject), void *subject);

#endif
