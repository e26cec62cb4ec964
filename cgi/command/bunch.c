/* bunch.c: the thread that reads an import. */
#include "command/bunch.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/thread.h"
#include "command/session.h"

enum {
    READ_AT_ONCE = 65536,
    LOOK_MILLISECONDS = 500, /* after which it looks for a signal that came before it waited */
    MEMORY_KEPT = 16 * BUNCH_MAX_BYTES
};

/* Descriptors that count: of bunches that are free to be filled, and of those that are ready. The
 * third stops the thread. */
enum { FREE, READY, STOP, SIGNALS };

struct bunches {
    int file, signals[SIGNALS];
    pthread_t thread;
    struct bunch bunches[2];   /* one is filled while the other one is used */
    size_t next;               /* which one is to be given next */
    const struct bunch *given; /* the one that is used, or NULL */

    /* of the thread: bytes that were read, of which those from `from` to `to` are still to be
     * used, */
    char *bytes;
    size_t size, from, to;
    bool at_end; /* and there are no more of them */
    uint64_t read, line, documents;
    bool ended; /* the last line was read */
};

/* ---- signals between the threads ---- */

static void tell(int signal)
{
    (void)eventfd_write(signal, 1);
}

/* Waits until the descriptor can be read; false if the thread is to stop. */
static bool await(const struct bunches *bunches, int descriptor)
{
    struct pollfd polls[] = { { .fd = descriptor, .events = POLLIN },
                              { .fd = bunches->signals[STOP], .events = POLLIN } };

    while (poll(polls, 2, -1) < 0)
        continue;
    return !polls[1].revents;
}

/* ---- lines ---- */

static bool make_room(struct bunches *bunches)
{
    if (bunches->from) {
        memmove(bunches->bytes, bunches->bytes + bunches->from, bunches->to - bunches->from);
        bunches->to -= bunches->from;
        bunches->from = 0;
    }
    if (bunches->size - bunches->to >= READ_AT_ONCE)
        return true;
    bunches->size = bunches->size ? bunches->size * 2 : (size_t)2 * READ_AT_ONCE;
    bunches->bytes = realloc(bunches->bytes, bunches->size);
    return bunches->bytes != NULL;
}

/* Reads more bytes behind those that are there; false after a fault, or if the thread is to
 * stop. */
static bool read_more(struct bunches *bunches, struct str *fault)
{
    ssize_t count;

    if (!make_room(bunches))
        abort();
    if (!await(bunches, bunches->file))
        return false;
    count = read(bunches->file, bunches->bytes + bunches->to, bunches->size - bunches->to);
    if (count < 0)
        *fault = str_from(strerror(errno));
    bunches->at_end = count == 0;
    bunches->to += count > 0 ? (size_t)count : 0;
    return count >= 0;
}

/* Gives the next line without its end, which lives until the next call; false at the end of the
 * file, and as read_more. */
static bool read_line(struct bunches *bunches, struct str *line, struct str *fault)
{
    size_t looked = 0;

    bunches->line++;
    for (;;) {
        const char *bytes = bunches->bytes ? bunches->bytes + bunches->from : "";
        size_t there = bunches->to - bunches->from;
        const char *end = memchr(bytes + looked, '\n', there - looked);
        size_t length = end ? (size_t)(end - bytes) : there;

        if (length > LINE_MAX_BYTES) {
            *fault = STR("it is longer than 67108864 bytes");
            return false;
        }
        if (end || bunches->at_end) {
            *line = (struct str){ bytes, length };
            bunches->from += length + (end != NULL);
            bunches->read += length + (end != NULL);
            return end || length;
        }
        looked = there;
        if (!read_more(bunches, fault))
            return false;
    }
}

/* ---- bunches ---- */

/* Gives what is wrong with a line, by those before it; or an absent text. */
static struct str judge(const struct bunches *bunches, const struct line *line)
{
    if ((line->kind == LINE_META) != (bunches->line == 1))
        return STR("the first line, and no other, must be of the type \"meta\"");
    if (bunches->ended)
        return STR("nothing may follow the line of the type \"end\"");
    if (line->kind == LINE_END && line->documents != bunches->documents)
        return STR("it gives another number of documents than came before it");
    return (struct str){ NULL, 0 };
}

/* Reads the next line into the bunch. False if there is none, or it has a fault. */
static bool add_line(struct bunches *bunches, struct bunch *bunch)
{
    struct str bytes;
    struct line line;

    if (!read_line(bunches, &bytes, &bunch->fault)) {
        if (!bunch->fault.ptr && !bunches->ended)
            bunch->fault = STR("the file ends before its last line, which is of the type \"end\"");
        return false;
    }
    bunch->fault = line_read(arena_copy(bunch->arena, bytes), &line, bunch->arena);
    if (!bunch->fault.ptr)
        bunch->fault = judge(bunches, &line);
    if (bunch->fault.ptr)
        return false;
    bunches->ended = line.kind == LINE_END;
    if (line.kind != LINE_DOCUMENT)
        return true;
    bunches->documents++;
    bunch->lines[bunch->count] = bunches->line;
    bunch->wholes[bunch->count++] = line.whole;
    return true;
}

static void fill(struct bunches *bunches, struct bunch *bunch)
{
    uint64_t began = bunches->read;

    arena_reset(bunch->arena);
    bunch->count = 0;
    bunch->fault = (struct str){ NULL, 0 };
    while (!bunch->is_last && bunch->count < BUNCH_MAX && bunches->read - began < BUNCH_MAX_BYTES)
        bunch->is_last = !add_line(bunches, bunch);
    bunch->read = bunches->read;
    bunch->line = bunches->line;
}

static void *run(void *context)
{
    struct bunches *bunches = context;
    bool is_last = false;

    for (size_t i = 0; !is_last && await(bunches, bunches->signals[FREE]); i = !i) {
        struct bunch *bunch = &bunches->bunches[i];
        eventfd_t count;

        (void)eventfd_read(bunches->signals[FREE], &count);
        fill(bunches, bunch);
        is_last = bunch->is_last;
        tell(bunches->signals[READY]);
    }
    return NULL;
}

static void release(struct bunches *bunches)
{
    for (size_t i = 0; i < SIGNALS; i++)
        if (bunches->signals[i] >= 0)
            (void)close(bunches->signals[i]);
    for (size_t i = 0; i < 2; i++)
        arena_free(bunches->bunches[i].arena);
    free(bunches->bytes);
    free(bunches);
}

/* Keeps what a bunch has taken for the next one: to give it back, and take it anew, was nearly half
 * of its time. */
static void keep_memory(void)
{
#ifdef __GLIBC__
    (void)mallopt(M_TRIM_THRESHOLD, MEMORY_KEPT);
#endif
}

struct bunches *bunches_open(int file)
{
    struct bunches *bunches = calloc(1, sizeof *bunches);
    int fault = 0;

    if (!bunches)
        abort();
    keep_memory();
    bunches->file = file;
    for (size_t i = 0; i < 2; i++)
        bunches->bunches[i].arena = arena_new();
    for (size_t i = 0; i < SIGNALS; i++) {
        bunches->signals[i] = eventfd(i == FREE ? 2 : 0, EFD_CLOEXEC | EFD_SEMAPHORE);
        if (bunches->signals[i] < 0)
            fault = errno;
    }
    if (!fault)
        fault = thread_begin(&bunches->thread, run, bunches);
    if (!fault)
        return bunches;
    release(bunches);
    errno = fault;
    return NULL;
}

const struct bunch *bunches_next(struct bunches *bunches)
{
    struct pollfd ready = { .fd = bunches->signals[READY], .events = POLLIN };
    eventfd_t count;

    if (bunches->given && bunches->given->is_last)
        return NULL;
    if (bunches->given)
        tell(bunches->signals[FREE]);
    while (!session_signal() && poll(&ready, 1, LOOK_MILLISECONDS) <= 0)
        continue;
    if (session_signal())
        return NULL;
    (void)eventfd_read(ready.fd, &count);
    bunches->given = &bunches->bunches[bunches->next];
    bunches->next = !bunches->next;
    return bunches->given;
}

void bunches_close(struct bunches *bunches)
{
    tell(bunches->signals[STOP]);
    (void)pthread_join(bunches->thread, NULL);
    release(bunches);
}
