/* render.c: pretty-prints and filters JSON answers. */
#include "http/render.h"

#include "base/json.h"
#include "base/text.h"
#include "http/filter_path.h"

static void new_line(struct text *out, unsigned depth)
{
    text_byte(out, '\n');
    while (depth--)
        text_add(out, STR("  "));
}

static void add_token(struct text *out, struct json_reader *reader)
{
    switch (reader->token) {
    case JSON_OBJECT:
        text_byte(out, '{');
        break;
    case JSON_ARRAY:
        text_byte(out, '[');
        break;
    case JSON_KEY:
        text_json(out, reader->text);
        text_add(out, STR(" : "));
        break;
    case JSON_STRING:
        text_json(out, reader->text);
        break;
    case JSON_INTEGER:
    case JSON_DECIMAL:
        text_add(out, reader->text);
        break;
    case JSON_TRUE:
        text_add(out, STR("true"));
        break;
    case JSON_FALSE:
        text_add(out, STR("false"));
        break;
    default:
        text_add(out, STR("null"));
        break;
    }
}

struct str render_pretty(struct str json, size_t most, struct arena *arena)
{
    struct text out = text_new(arena, json.len * 2);
    struct json_reader reader;
    enum json_token last = JSON_KEY; /* after a key, as at the start, a value stands on the line */

    json_open(&reader, json, (struct json_budget){ JSON_DEPTH_MAX, (unsigned)-1 }, arena);
    while (json_next(&reader) != JSON_NOTHING && reader.token != JSON_FAULT && out.len <= most) {
        bool closing = reader.token == JSON_OBJECT_END || reader.token == JSON_ARRAY_END;
        bool first = last == JSON_OBJECT || last == JSON_ARRAY;

        if (closing) {
            if (first)
                text_byte(&out, ' ');
            else
                new_line(&out, reader.depth);
            text_byte(&out, reader.token == JSON_OBJECT_END ? '}' : ']');
        } else {
            bool opening = reader.token == JSON_OBJECT || reader.token == JSON_ARRAY;

            if (last != JSON_KEY) {
                if (!first)
                    text_byte(&out, ',');
                new_line(&out, reader.depth - opening);
            }
            add_token(&out, &reader);
        }
        last = reader.token;
    }
    text_byte(&out, '\n');
    return out.len <= most ? text_str(&out) : (struct str){ NULL, 0 };
}

struct str render_filtered(struct str json, struct str paths, struct arena *arena)
{
    return filter_path_apply(filter_path_new(paths, arena), json);
}
