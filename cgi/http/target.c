/* target.c: takes a request's target apart. */
#include "http/target.h"

#include "base/utf8.h"

static int hex_value(char digit)
{
    char c = str_lower(digit);

    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool needs_decoding(struct str text, bool form)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '%' || (form && text.ptr[i] == '+') ||
            (unsigned char)text.ptr[i] >= 0x80)
            return true;
    return false;
}

struct str target_decode(struct str text, bool form, struct arena *arena)
{
    static const struct str broken = { NULL, 0 };
    struct str decoded;
    char *out;
    size_t len = 0;

    if (!needs_decoding(text, form))
        return text;
    out = arena_take(arena, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];

        if (byte == '%') {
            int high = i + 2 < text.len ? hex_value(text.ptr[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_value(text.ptr[i + 2]) : -1;

            if (high < 0 || low < 0)
                return broken;
            byte = (char)(high * 16 + low);
            i += 2;
        } else if (form && byte == '+') {
            byte = ' ';
        }
        out[len++] = byte;
    }
    decoded = (struct str){ out, len };
    return utf8_valid(decoded) ? decoded : broken;
}

static void read_segments(struct str path, struct target *target)
{
    struct str rest = path, segment;

    if (rest.len && rest.ptr[0] == '/')
        rest = str_from_offset(rest, 1);
    while (rest.len && rest.ptr[rest.len - 1] == '/')
        rest.len--;
    target->segment_count = 0;
    if (!rest.len)
        return;
    while (target->segment_count <= TARGET_SEGMENTS_MAX && str_split(&rest, '/', &segment))
        target->segments[target->segment_count++] = segment;
}

static struct parameter *slot_of(struct target *target, struct str name)
{
    for (size_t i = 0; i < target->parameter_count; i++)
        if (str_equal(target->parameters[i].name, name))
            return &target->parameters[i];
    return target->parameter_count < TARGET_PARAMETERS_MAX
               ? &target->parameters[target->parameter_count++]
               : NULL;
}

static struct str read_query(struct str query, struct arena *arena, struct target *target)
{
    struct str part;

    while (str_split(&query, '&', &part)) {
        struct str name, value = STR("");
        struct parameter *slot;

        if (!part.len)
            continue;
        name = str_take(&part, '=');
        if (part.ptr)
            value = part;
        name = target_decode(name, true, arena);
        value = target_decode(value, true, arena);
        if (!name.ptr || !value.ptr)
            return STR("the query has a broken percent-encoding, or is not UTF-8");
        slot = slot_of(target, name);
        if (!slot)
            return STR("the query has too many parameters");
        *slot = (struct parameter){ name, value };
    }
    return (struct str){ NULL, 0 };
}

struct str target_read(struct str text, struct arena *arena, struct target *target)
{
    struct str query = text;

    /* A fragment should never be sent; nginx passes one on. */
    text = str_take(&query, '#');
    query = text;
    target->raw_path = str_take(&query, '?');
    target->parameter_count = 0;
    read_segments(target->raw_path, target);
    target->path = target_decode(target->raw_path, false, arena);
    if (!target->path.ptr)
        return STR("the path has a broken percent-encoding, or is not UTF-8");
    if (memchr(target->path.ptr, '\0', target->path.len)) /* it separates texts in the store */
        return STR("the path has a NUL");
    return read_query(query, arena, target);
}

const struct parameter *target_parameter(const struct target *target, struct str name)
{
    for (size_t i = 0; i < target->parameter_count; i++)
        if (str_equal(target->parameters[i].name, name))
            return &target->parameters[i];
    return NULL;
}
