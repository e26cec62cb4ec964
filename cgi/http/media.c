/* media.c: reads and writes media types. */
#include "http/media.h"

#include "base/text.h"

static const struct {
    struct str name;
    enum media_kind kind;
} types[] = {
    { STR_ROW("application/json"), MEDIA_JSON },
    { STR_ROW("application/x-ndjson"), MEDIA_JSON },
    { STR_ROW("application/*"), MEDIA_JSON },
    { STR_ROW("application/vnd.elasticsearch+json"), MEDIA_VENDOR },
    { STR_ROW("application/vnd.elasticsearch+x-ndjson"), MEDIA_VENDOR },
};

static bool is_token_byte(char byte)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    char lower = str_lower(byte);

    return (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') ||
           (byte && strchr(others, byte));
}

static bool is_token(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_token_byte(text.ptr[i]))
            return false;
    return text.len > 0;
}

static bool is_number(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return text.len > 0;
}

static enum media_kind kind_of(struct str type)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (str_equal_ignoring_case(type, types[i].name))
            return types[i].kind;
    return MEDIA_FOREIGN;
}

/* One name=value after a semicolon. A value that we cannot honour makes the type a foreign one. */
static bool read_parameter(struct str part, struct media *media)
{
    struct str name, value;

    part = str_trim(part);
    if (!part.len)
        return true;
    name = str_take(&part, '=');
    value = part;
    if (!value.ptr || !is_token(name) || !value.len)
        return false;
    if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
        value = (struct str){ value.ptr + 1, value.len - 2 };
    if (str_equal_ignoring_case(name, STR("charset")) &&
        !str_equal_ignoring_case(value, STR("utf-8")))
        media->kind = MEDIA_FOREIGN;
    if (str_equal_ignoring_case(name, STR("compatible-with"))) {
        media->version = value;
        if (!is_number(value))
            *media = (struct media){ .kind = MEDIA_FOREIGN };
    }
    return true;
}

bool media_read(struct str value, struct media *media)
{
    struct str rest = value, type, part, name, subtype;

    type = str_take(&rest, ';');
    type = str_trim(type);
    subtype = type;
    name = str_take(&subtype, '/');
    if (!subtype.ptr || !is_token(name) || !is_token(subtype))
        return false;
    *media = (struct media){ .kind = kind_of(type) };
    while (str_split(&rest, ';', &part))
        if (!read_parameter(part, media))
            return false;
    return true;
}

bool media_version_known(struct str version)
{
    return !version.ptr || str_equal(version, STR("7")) || str_equal(version, STR("8")) ||
           str_equal(version, STR("9"));
}

struct str media_write(const struct media *media, struct arena *arena)
{
    if (media->kind != MEDIA_VENDOR)
        return STR("application/json");
    if (!media->version.ptr || !media_version_known(media->version))
        return STR("application/vnd.elasticsearch+json");
    return arena_format(arena, "application/vnd.elasticsearch+json;compatible-with=%.*s",
                        STR_ARGS(media->version));
}
