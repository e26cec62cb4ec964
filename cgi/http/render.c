/* render.c: pretty-prints and filters JSON answers. */
#include "http/render.h"

#include <json-c/json.h>

#include "base/glob.h"
#include "base/text.h"
#include "base/tree.h"

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

struct str render_pretty(struct str json, struct arena *arena)
{
    struct text out = text_new(arena, json.len * 2);
    struct json_reader reader;
    enum json_token last = JSON_KEY; /* behind a key, as at the start, a value stands on the line */

    json_open(&reader, json, (struct json_budget){ JSON_DEPTH_MAX, (unsigned)-1 }, arena);
    while (json_next(&reader) != JSON_NOTHING && reader.token != JSON_FAULT) {
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
    return text_str(&out);
}

/* Whether a path (what of it is left, from this name on) leads to this name. With *whole it ends
 * here, else *rest is what it asks below. */
static bool leads_to(struct str path, struct str name, struct str *rest, bool *whole)
{
    struct str part;

    *rest = path;
    part = str_take(rest, '.');
    if (!glob_matches(part, name))
        return false;
    *whole = !rest->ptr;
    return true;
}

/* The paths that still apply at one place of the tree. */
struct paths {
    struct str *path;
    size_t count;
    struct arena *arena;
};

static struct paths paths_new(struct arena *arena, size_t room)
{
    return (struct paths){ arena_take(arena, room * sizeof(struct str)), 0, arena };
}

/* Goes down to the member `name`: gives true where a path ends there, and what applies below. */
static bool descend(const struct paths *paths, struct str name, struct paths *below)
{
    static const struct str any = STR_ROW("**");
    bool ends = false;

    *below = paths_new(paths->arena, 2 * paths->count);
    for (size_t i = 0; i < paths->count; i++) {
        struct str path = paths->path[i], rest = path, part = str_take(&rest, '.');
        bool whole = false;

        if (str_equal(part, any)) {
            below->path[below->count++] = path;
            if (!rest.ptr) {
                ends = true;
                continue;
            }
            path = rest;
        }
        if (!leads_to(path, name, &rest, &whole))
            continue;
        ends |= whole;
        if (!whole)
            below->path[below->count++] = rest;
    }
    return ends;
}

static struct json_object *keep(struct json_object *tree, const struct paths *paths);
static struct json_object *drop(struct json_object *tree, const struct paths *paths);

typedef struct json_object *choose(struct json_object *tree, const struct paths *paths);

static struct json_object *choose_elements(struct json_object *array, const struct paths *paths,
                                           choose *chooser)
{
    struct json_object *chosen = json_object_new_array();

    for (size_t i = 0; i < json_object_array_length(array); i++) {
        struct json_object *element = chooser(json_object_array_get_idx(array, i), paths);

        if (element)
            (void)json_object_array_add(chosen, element);
    }
    if (json_object_array_length(chosen))
        return chosen;
    (void)json_object_put(chosen);
    return NULL;
}

static struct json_object *keep_members(struct json_object *object, const struct paths *paths)
{
    struct json_object *kept = json_object_new_object();

    json_object_object_foreach (object, key, value) {
        struct paths below;
        bool whole = descend(paths, str_from(key), &below);
        struct json_object *part = whole ? json_object_get(value) : keep(value, &below);

        if (part || (whole && !value))
            (void)json_object_object_add(kept, key, part);
    }
    if (json_object_object_length(kept))
        return kept;
    (void)json_object_put(kept);
    return NULL;
}

/* What the paths lead to, NULL for nothing. */
static struct json_object *keep(struct json_object *tree, const struct paths *paths)
{
    if (!paths->count)
        return NULL;
    if (json_object_is_type(tree, json_type_object))
        return keep_members(tree, paths);
    if (json_object_is_type(tree, json_type_array))
        return choose_elements(tree, paths, keep);
    return NULL;
}

static struct json_object *drop_members(struct json_object *object, const struct paths *paths)
{
    struct json_object *left = json_object_new_object();

    json_object_object_foreach (object, key, value) {
        struct paths below;
        bool whole = descend(paths, str_from(key), &below);
        struct json_object *part = whole ? NULL : drop(value, &below);

        if (part || (!whole && !value))
            (void)json_object_object_add(left, key, part);
    }
    if (json_object_object_length(left) || !json_object_object_length(object))
        return left;
    (void)json_object_put(left);
    return NULL;
}

/* What the paths do not lead to, NULL where that leaves nothing of an object or array. */
static struct json_object *drop(struct json_object *tree, const struct paths *paths)
{
    if (paths->count && json_object_is_type(tree, json_type_object))
        return drop_members(tree, paths);
    if (paths->count && json_object_is_type(tree, json_type_array) &&
        json_object_array_length(tree))
        return choose_elements(tree, paths, drop);
    return json_object_get(tree);
}

static void sort_paths(struct str list, struct paths *kept, struct paths *dropped)
{
    struct str path;

    while (str_split(&list, ',', &path)) {
        path = str_trim(path);
        if (path.len > 1 && path.ptr[0] == '-')
            dropped->path[dropped->count++] = str_from_offset(path, 1);
        else if (path.len)
            kept->path[kept->count++] = path;
    }
}

static void release(void *tree)
{
    (void)json_object_put(tree);
}

struct str render_filtered(struct str json, struct str paths, struct arena *arena)
{
    struct paths kept = paths_new(arena, paths.len), dropped = paths_new(arena, paths.len);
    struct json_object *tree;

    sort_paths(paths, &kept, &dropped);
    if ((!kept.count && !dropped.count) || !tree_parse(json, arena, &tree))
        return json;
    if (kept.count) {
        tree = keep(tree, &kept);
        if (tree)
            arena_defer(arena, release, tree);
    }
    if (tree && dropped.count) {
        tree = drop(tree, &dropped);
        if (tree)
            arena_defer(arena, release, tree);
    }
    return tree ? tree_write(tree, arena) : STR("{}");
}
