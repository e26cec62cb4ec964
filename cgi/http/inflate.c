/* inflate.c: unpacks gzip and deflate, within a limit. */
#define ZLIB_CONST
#include "http/inflate.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

enum { GZIP_ONLY = 16, FIRST_ROOM = 4096 };

/* Grows the room for the output, up to one byte more than the limit, which shows an excess. */
static size_t more_room(size_t room, size_t limit)
{
    size_t most = limit + 1;

    return room > most / 2 ? most : room * 2;
}

/* Unpacks to the end of the input: one stream, or `several`, one after the other. */
static enum inflate_fault run(z_stream *stream, bool several, size_t limit, struct arena *arena,
                              struct str *plain)
{
    size_t room = limit < FIRST_ROOM ? limit + 1 : FIRST_ROOM, done = 0;
    char *out = arena_take(arena, room);

    for (;;) {
        int state;

        stream->next_out = (unsigned char *)out + done;
        stream->avail_out = (unsigned)(room - done);
        state = inflate(stream, Z_NO_FLUSH);
        done = room - stream->avail_out;
        if (done > limit)
            return INFLATE_TOO_LARGE;
        if (state == Z_STREAM_END && !stream->avail_in) {
            *plain = (struct str){ out, done };
            return INFLATED;
        }
        if (state == Z_STREAM_END && several && inflateReset(stream) == Z_OK)
            continue;
        if (state != Z_OK || done < room)
            return INFLATE_BROKEN;
        out = arena_grow(arena, out, room, more_room(room, limit));
        room = more_room(room, limit);
    }
}

static enum inflate_fault unpack(struct str packed, int window_bits, size_t limit,
                                 struct arena *arena, struct str *plain)
{
    z_stream stream = { .next_in = (const unsigned char *)packed.ptr,
                        .avail_in = (unsigned)packed.len };
    enum inflate_fault fault;

    if (packed.len > UINT_MAX || limit >= UINT_MAX)
        return INFLATE_TOO_LARGE;
    if (inflateInit2(&stream, window_bits) != Z_OK)
        abort();
    fault = run(&stream, window_bits > MAX_WBITS, limit, arena, plain);
    (void)inflateEnd(&stream);
    return fault;
}

enum inflate_fault inflate_gzip(struct str packed, size_t limit, struct arena *arena,
                                struct str *plain)
{
    return unpack(packed, MAX_WBITS + GZIP_ONLY, limit, arena, plain);
}

/* Whether it begins as zlib's format does (RFC 1950, section 2.2). */
static bool has_zlib_head(struct str packed)
{
    unsigned first, second;

    if (packed.len < 2)
        return false;
    first = (unsigned char)packed.ptr[0];
    second = (unsigned char)packed.ptr[1];
    return (first & 0x0f) == Z_DEFLATED && (first << 8 | second) % 31 == 0;
}

enum inflate_fault inflate_deflate(struct str packed, size_t limit, struct arena *arena,
                                   struct str *plain)
{
    return unpack(packed, has_zlib_head(packed) ? MAX_WBITS : -MAX_WBITS, limit, arena, plain);
}
