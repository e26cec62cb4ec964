/* accept.c: reads Accept headers. */
#include "http/accept.h"

enum { WANTED_FULLY = 1000 };

/* How closely a range fits. */
enum closeness { NOT_AT_ALL, ANYTHING, ANY_SUBTYPE, TYPE, TYPE_AND_VERSION };

struct range {
    struct str type, version; /* an absent version: any */
    unsigned quality;
    bool broken;
};

/* Takes the text up to a separator that does not lie in quotes, as str_split does. */
static bool split_unquoted(struct str *rest, char separator, struct str *part)
{
    bool quoted = false;
    size_t at = 0;

    if (!rest->ptr)
        return false;
    while (at < rest->len && (quoted || rest->ptr[at] != separator)) {
        if (quoted && rest->ptr[at] == '\\' && at + 1 < rest->len)
            at++;
        else if (rest->ptr[at] == '"')
            quoted = !quoted;
        at++;
    }
    *part = (struct str){ rest->ptr, at };
    *rest = at < rest->len ? str_from_offset(*rest, at + 1) : (struct str){ NULL, 0 };
    return true;
}

/* Reads 0, 1, or either with a point and up to three digits, of which 1.000 is the largest. */
static bool read_quality(struct str text, unsigned *quality)
{
    unsigned worth = WANTED_FULLY / 10;

    if (!text.len || text.len > 5 || (text.ptr[0] != '0' && text.ptr[0] != '1') ||
        (text.len > 1 && text.ptr[1] != '.'))
        return false;
    *quality = text.ptr[0] == '1' ? WANTED_FULLY : 0;
    for (size_t i = 2; i < text.len; i++, worth /= 10) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        *quality += (unsigned)(text.ptr[i] - '0') * worth;
    }
    return *quality <= WANTED_FULLY;
}

static struct str unquoted(struct str text)
{
    if (text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"')
        return (struct str){ text.ptr + 1, text.len - 2 };
    return text;
}

static struct range read_range(struct str text)
{
    struct range range = { .quality = WANTED_FULLY };
    struct str part;

    (void)split_unquoted(&text, ';', &part);
    range.type = str_trim(part);
    while (split_unquoted(&text, ';', &part)) {
        struct str value = str_trim(part), name = str_take(&value, '=');

        value = unquoted(value);
        if (str_equal_ignoring_case(name, STR("version")))
            range.version = str_or_empty(value);
        if (str_equal_ignoring_case(name, STR("q")))
            range.broken |= !read_quality(value, &range.quality);
    }
    return range;
}

/* Whether the range is the offer's main type with a '*' after the slash. */
static bool is_any_subtype(struct str range, struct str type)
{
    struct str rest = type;
    size_t main_len = str_take(&rest, '/').len + 1;

    return range.len == main_len + 1 && range.ptr[main_len] == '*' &&
           str_equal_ignoring_case((struct str){ range.ptr, main_len },
                                   (struct str){ type.ptr, main_len });
}

static enum closeness fit(const struct range *range, const struct accept_offer *offer)
{
    if (range->broken || (range->version.ptr && !str_equal(range->version, offer->version)))
        return NOT_AT_ALL;
    if (str_equal_ignoring_case(range->type, offer->type))
        return range->version.ptr ? TYPE_AND_VERSION : TYPE;
    if (is_any_subtype(range->type, offer->type))
        return ANY_SUBTYPE;
    return str_equal(range->type, STR("*/*")) ? ANYTHING : NOT_AT_ALL;
}

struct accept_wish accept_find(struct str accept, const struct accept_offer *offer)
{
    enum closeness closest = NOT_AT_ALL;
    unsigned quality = 0;
    struct str part;

    if (!accept.len)
        return (struct accept_wish){ WANTED_FULLY, false };
    while (split_unquoted(&accept, ',', &part)) {
        struct range range = read_range(part);
        enum closeness close = fit(&range, offer);

        if (close == NOT_AT_ALL || close < closest || (close == closest && range.quality < quality))
            continue;
        closest = close;
        quality = range.quality;
    }
    return (struct accept_wish){ quality, closest >= TYPE };
}
