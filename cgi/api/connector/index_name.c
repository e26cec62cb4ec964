/* index_name.c: checks the names of indices. */
#include "api/connector/index_name.h"

#include "base/text.h"

enum { INDEX_NAME_MAX = 255 };

/* Whether the name has any of the bytes, or a NUL, which ends them. */
static bool has_any(struct str name, const char *bytes)
{
    for (size_t i = 0; i < name.len; i++)
        if (strchr(bytes, name.ptr[i]))
            return true;
    return false;
}

static const char *why_bad(struct str name)
{
    if (!name.len)
        return "must not be empty";
    if (has_any(name, "\\/*?\"<>| ,"))
        return "must not contain the following characters ['\\','/','*','?','\"','<','>','|',' "
               "',',']";
    if (has_any(name, "#"))
        return "must not contain '#'";
    if (has_any(name, ":"))
        return "must not contain ':'";
    if (strchr("_-+", name.ptr[0]))
        return "must not start with '_', '-', or '+'";
    if (str_equal(name, STR(".")) || str_equal(name, STR("..")))
        return "must not be '.' or '..'";
    return NULL;
}

struct str index_name_fault(struct str name, struct arena *arena)
{
    const char *why = why_bad(name);

    if (why)
        return arena_format(arena, "Invalid index name [%.*s], %s", STR_ARGS(name), why);
    if (name.len > INDEX_NAME_MAX)
        return arena_format(arena, "Invalid index name [%.*s], index name is too long, (%zu > %d)",
                            STR_ARGS(name), name.len, INDEX_NAME_MAX);
    return (struct str){ NULL, 0 };
}

struct str index_name_complaint(struct str name, struct str fault, struct arena *arena)
{
    return arena_format(arena, "[%.*s] org.elasticsearch.indices.InvalidIndexNameException: %.*s",
                        STR_ARGS(name), STR_ARGS(fault));
}
