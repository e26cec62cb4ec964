/* arena.c: blocks of memory that are filled from the front and freed together. */
#include "base/arena.h"

#include <malloc.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    BLOCK_SIZE = 16 * 1024,
    TRIM_SIZE = 4 * 1024 * 1024 /* after a request that took more, the process gives it back */
};

struct block {
    struct block *older;
    size_t size;
    size_t used;
    alignas(max_align_t) char bytes[];
};

struct deferred {
    struct deferred *older;
    void (*release)(void *subject);
    void *subject;
};

struct arena {
    struct block *newest;
    struct deferred *deferred;
};

static _Noreturn void end_without_memory(void)
{
    (void)fputs("lastsync: out of memory\n", stderr);
    abort();
}

static void *take_memory(size_t size)
{
    void *memory = malloc(size);

    if (!memory)
        end_without_memory();
    return memory;
}

static void push_block(struct arena *arena, size_t least)
{
    size_t size = least > BLOCK_SIZE ? least : BLOCK_SIZE;
    struct block *block = take_memory(sizeof *block + size);

    block->older = arena->newest;
    block->size = size;
    block->used = 0;
    arena->newest = block;
}

struct arena *arena_new(void)
{
    struct arena *arena = take_memory(sizeof *arena);

    arena->newest = NULL;
    arena->deferred = NULL;
    push_block(arena, BLOCK_SIZE);
    return arena;
}

void arena_reset(struct arena *arena)
{
    struct block *block = arena->newest;
    size_t freed = 0;

    for (struct deferred *deferred = arena->deferred; deferred; deferred = deferred->older)
        deferred->release(deferred->subject);
    arena->deferred = NULL;
    while (block->older) {
        struct block *older = block->older;

        freed += block->size;
        free(block);
        block = older;
    }
    block->used = 0;
    arena->newest = block;
#ifdef __GLIBC__
    if (freed > TRIM_SIZE)
        (void)malloc_trim(0);
#else
    (void)freed;
#endif
}

void arena_free(struct arena *arena)
{
    arena_reset(arena);
    free(arena->newest);
    free(arena);
}

static size_t aligned(size_t size)
{
    return (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

size_t arena_size(const struct arena *arena)
{
    size_t size = 0;

    for (const struct block *block = arena->newest; block; block = block->older)
        size += block->size;
    return size;
}

void *arena_take(struct arena *arena, size_t size)
{
    struct block *block = arena->newest;
    size_t wanted = aligned(size);
    void *taken;

    if (wanted < size)
        abort();
    if (block->size - block->used < wanted) {
        push_block(arena, wanted);
        block = arena->newest;
    }
    taken = block->bytes + block->used;
    block->used += wanted;
    return taken;
}

void *arena_take_cleared(struct arena *arena, size_t size)
{
    return memset(arena_take(arena, size), 0, size);
}

/* The link to the block that `old`, which is at least a block long, has for itself; NULL if that is
 * the first block, which arena_reset keeps, and which so stays small. */
static struct block **block_of(struct arena *arena, const void *old)
{
    struct block **link = &arena->newest;

    while ((*link)->older && (void *)(*link)->bytes != old)
        link = &(*link)->older;
    return (*link)->older ? link : NULL;
}

/* Makes the block, with the one piece that is in it, larger. */
static void *grow_block(struct block **link, size_t size)
{
    struct block *block = realloc(*link, sizeof *block + size);

    if (!block)
        end_without_memory();
    block->size = block->used = size;
    *link = block;
    return block->bytes;
}

void *arena_grow(struct arena *arena, void *old, size_t size, size_t wanted)
{
    struct block *block = arena->newest, **own;
    char *end = block->bytes + block->used;
    size_t more = aligned(wanted) - aligned(size);
    void *grown;

    if (aligned(wanted) < wanted)
        abort();
    if (old && (char *)old + aligned(size) == end && block->size - block->used >= more) {
        block->used += more;
        return old;
    }
    own = old && size >= BLOCK_SIZE ? block_of(arena, old) : NULL;
    if (own)
        return grow_block(own, aligned(wanted));
    grown = arena_take(arena, wanted);
    if (old)
        memcpy(grown, old, size);
    return grown;
}

struct str arena_copy(struct arena *arena, struct str text)
{
    char *copy;

    if (!text.ptr)
        return text;
    copy = arena_take(arena, text.len + 1);
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return (struct str){ copy, text.len };
}

void arena_defer(struct arena *arena, void (*release)(void *subject), void *subject)
{
    struct deferred *deferred = arena_take(arena, sizeof *deferred);

    *deferred = (struct deferred){ arena->deferred, release, subject };
    arena->deferred = deferred;
}
