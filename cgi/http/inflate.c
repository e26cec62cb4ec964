/* inflate.c: unpacks gzip, within a limit. */
#define ZLIB_CONST
#include "http/inflate.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

enum { GZIP_ONLY = 16, FIRST_ROOM = 4096 };

/* Grows the room for what comes out, up to one byte more than the limit, which shows an excess. */
static size_t more_room(size_t room, size_t limit)
{
    size_t most = limit + 1;

    return room > most / 2 ? most : room * 2;
}

static enum inflate_fault run(z_stream *stream, size_t limit, struct arena *arena,
                              struct str *plain)
{
    size_t room = limit < FIRST_ROOM ? limit + 1 : FIRST_ROOM;
    char *out = arena_take(arena, room);

    for (;;) {
        size_t done = stream->total_out;
        int state;

        stream->next_out = (unsigned char *)out + done;
        stream->avail_out = (unsigned)(room - done);
        state = inflate(stream, Z_NO_FLUSH);
        done = stream->total_out;
        if (done > limit)
            return INFLATE_TOO_LARGE;
        if (state == Z_STREAM_END) {
            *plain = (struct str){ out, done };
            return stream->avail_in ? INFLATE_BROKEN : INFLATED;
        }
        if (state != Z_OK || done < room)
            return INFLATE_BROKEN;
        out = arena_grow(arena, out, room, more_room(room, limit));
        room = more_room(room, limit);
    }
}

enum inflate_fault inflate_gzip(struct str packed, size_t limit, struct arena *arena,
                                struct str *plain)
{
    z_stream stream = { .next_in = (const unsigned char *)packed.ptr,
                        .avail_in = (unsigned)packed.len };
    enum inflate_fault fault;

    if (packed.len > UINT_MAX || limit >= UINT_MAX)
        return INFLATE_TOO_LARGE;
    if (inflateInit2(&stream, MAX_WBITS + GZIP_ONLY) != Z_OK)
        abort();
    fault = run(&stream, limit, arena, plain);
    (void)inflateEnd(&stream);
    return fault;
}
