/* filter.c: which connectors a list is asked for. */
#include "api/common/filter.h"

#include "base/glob.h"
#include "base/text.h"

struct filter {
    struct words names, service_types;
    struct glob *pattern; /* of the query; NULL for none */
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

/* Whether the pattern fits one word of the text, whose letters count as lower case. */
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

static bool filter_fits(const void *context, const struct str *values)
{
    const struct filter *filter = context;

    if (!is_among(filter->names, str_or_empty(values[SELECTED_NAME])) ||
        !is_among(filter->service_types, str_or_empty(values[SELECTED_SERVICE_TYPE])))
        return false;
    if (!filter->pattern)
        return true;
    return (values[SELECTED_INDEX_NAME].len &&
            glob_fits(filter->pattern, values[SELECTED_INDEX_NAME])) ||
           glob_fits(filter->pattern, str_or_empty(values[SELECTED_NAME])) ||
           fits_a_word(filter->pattern, str_or_empty(values[SELECTED_DESCRIPTION]));
}

struct selection filter_new(struct str names, struct str service_types, struct str query,
                            struct arena *arena)
{
    struct filter *filter = arena_take_cleared(arena, sizeof *filter);

    filter->names = words_read(names, arena);
    filter->service_types = words_read(service_types, arena);
    if (query.len) {
        struct str pattern = arena_format(arena, "*%.*s*", STR_ARGS(query));

        filter->pattern = glob_new(&pattern, 1, arena);
    }
    if (!filter->names.count && !filter->service_types.count && !query.len)
        return (struct selection){ .fits = NULL };
    return (struct selection){ filter_fits, filter };
}
