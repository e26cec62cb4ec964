/* filter.c: selects the connectors of a list. */
#include "api/common/filter.h"

#include "base/glob.h"
#include "base/text.h"

struct filter {
    struct words names, service_types;
    struct glob **patterns; /* of the query */
    size_t pattern_count;
};

struct words words_read(struct str list, struct arena *arena)
{
    struct words words = { arena_take(arena, (list.len + 1) * sizeof(struct str)), 0 };
    struct str word;

    while (str_split(&list, ',', &word))
        if (word.len)
            words.word[words.count++] = word;
    return words;
}

static bool is_among(struct words words, struct str value)
{
    for (size_t i = 0; i < words.count; i++)
        if (str_equal(words.word[i], value))
            return true;
    return !words.count;
}

static bool is_word_byte(char byte)
{
    char lower = str_lower(byte);

    return (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') || byte == '_' ||
           (unsigned char)byte >= 0x80;
}

/* Whether the pattern matches a word of the text in lower case. */
static bool fits_a_word(struct glob *pattern, struct str text)
{
    char word[256];
    size_t len = 0;

    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && is_word_byte(text.ptr[i])) {
            if (len < sizeof word)
                word[len++] = str_lower(text.ptr[i]);
            continue;
        }
        if (len && glob_fits(pattern, (struct str){ word, len }))
            return true;
        len = 0;
    }
    return false;
}

/* Whether it has one of the wanted names and service types. */
static bool fits_lists(const struct filter *filter, const struct str *values)
{
    return is_among(filter->names, str_or_empty(values[SELECTED_NAME])) &&
           is_among(filter->service_types, str_or_empty(values[SELECTED_SERVICE_TYPE]));
}

static bool filter_fits(const void *context, const struct str *values)
{
    const struct filter *filter = context;
    struct glob *pattern;

    if (!fits_lists(filter, values))
        return false;
    if (!filter->pattern_count)
        return true;
    pattern = filter->patterns[0];
    return (values[SELECTED_INDEX_NAME].len && glob_fits(pattern, values[SELECTED_INDEX_NAME])) ||
           glob_fits(pattern, str_or_empty(values[SELECTED_NAME])) ||
           fits_a_word(pattern, str_or_empty(values[SELECTED_DESCRIPTION]));
}

static bool is_in_any(struct glob *pattern, const struct str *values)
{
    static const enum selected_field searched[] = { SELECTED_NAME, SELECTED_ID, SELECTED_INDEX_NAME,
                                                    SELECTED_DESCRIPTION };

    for (size_t i = 0; i < sizeof searched / sizeof searched[0]; i++)
        if (glob_fits(pattern, str_or_empty(values[searched[i]])))
            return true;
    return false;
}

static bool words_fit(const void *context, const struct str *values)
{
    const struct filter *filter = context;

    if (!fits_lists(filter, values))
        return false;
    for (size_t i = 0; i < filter->pattern_count; i++)
        if (!is_in_any(filter->patterns[i], values))
            return false;
    return true;
}

/* ---- selections ---- */

static struct filter *new_filter(struct str names, struct str service_types, size_t patterns,
                                 struct arena *arena)
{
    struct filter *filter = arena_take_cleared(arena, sizeof *filter);

    filter->names = words_read(names, arena);
    filter->service_types = words_read(service_types, arena);
    filter->patterns = arena_take(arena, (patterns + 1) * sizeof(struct glob *));
    return filter;
}

static struct glob *add_part(struct filter *filter, struct str part, struct arena *arena)
{
    struct str pattern = arena_format(arena, "*%.*s*", STR_ARGS(part));

    return filter->patterns[filter->pattern_count++] = glob_new(&pattern, 1, arena);
}

static struct selection selection_of(const struct filter *filter,
                                     bool (*fits)(const void *, const struct str *))
{
    bool all = !filter->names.count && !filter->service_types.count && !filter->pattern_count;

    return (struct selection){ all ? NULL : fits, filter };
}

struct selection filter_new(struct str names, struct str service_types, struct str query,
                            struct arena *arena)
{
    struct filter *filter = new_filter(names, service_types, 1, arena);

    if (query.len)
        (void)add_part(filter, query, arena);
    return selection_of(filter, filter_fits);
}

struct selection filter_by_words(struct str service_types, struct str query, struct arena *arena)
{
    struct filter *filter = new_filter((struct str){ NULL, 0 }, service_types, query.len, arena);
    struct str word;

    while (str_split(&query, ' ', &word))
        if (word.len)
            glob_ignore_case(add_part(filter, word, arena), arena);
    return selection_of(filter, words_fit);
}
