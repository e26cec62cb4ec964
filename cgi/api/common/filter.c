/* filter.c: selects the connectors of a list. */
#include "api/common/filter.h"

#include "base/glob.h"
#include "base/text.h"
#include "base/utf8.h"

struct filter {
    struct words names, service_types;
    struct glob *patterns; /* of the query */
    size_t pattern_count;
};

/* Reads the different words of a query into `words`; false if there are too many. */
static bool read_query(struct str query, struct str words[FILTER_WORDS_MAX], size_t *count)
{
    struct str word;

    *count = 0;
    while (str_split(&query, ' ', &word)) {
        size_t known = 0;

        while (known < *count && !str_equal_ignoring_case(words[known], word))
            known++;
        if (!word.len || known < *count)
            continue;
        if (*count == FILTER_WORDS_MAX)
            return false;
        words[(*count)++] = word;
    }
    return true;
}

bool filter_words_fit(struct str query)
{
    struct str words[FILTER_WORDS_MAX];
    size_t count;

    return read_query(query, words, &count);
}

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

/* ---- the words of a description, as Elasticsearch's standard analyzer makes them ---- */

static bool is_letter(char byte)
{
    char lower = str_lower(byte);

    return (lower >= 'a' && lower <= 'z') || (unsigned char)byte >= 0x80;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Whether a mark between two letters, or two digits, is a part of their word: "example.com",
 * "don't", "3.14" (Unicode Standard Annex 29, WB6 to WB12). */
static bool joins(struct str text, size_t at)
{
    char mark = text.ptr[at];
    bool inside = at > 0 && at + 1 < text.len;
    bool letters = inside && is_letter(text.ptr[at - 1]) && is_letter(text.ptr[at + 1]);
    bool digits = inside && is_digit(text.ptr[at - 1]) && is_digit(text.ptr[at + 1]);

    return ((mark == '.' || mark == '\'') && (letters || digits)) || (mark == ':' && letters) ||
           ((mark == ',' || mark == ';') && digits);
}

static bool is_of_word(struct str text, size_t at)
{
    char byte = text.ptr[at];

    return is_letter(byte) || is_digit(byte) || byte == '_' || joins(text, at);
}

/* Whether the pattern matches a word of the text in lower case. */
static bool fits_a_word(struct glob *pattern, struct str text)
{
    char word[256];
    size_t len = 0, length;

    for (size_t i = 0; i <= text.len; i += length) {
        length = i < text.len ? utf8_length(text.ptr + i, text.len - i) : 1;
        length = length ? length : 1;
        if (i < text.len && is_of_word(text, i)) {
            if (len + UTF8_CHARACTER_MAX <= sizeof word)
                len += utf8_lower(word + len, text.ptr + i, length);
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
    pattern = filter->patterns;
    return (values[SELECTED_INDEX_NAME].len && glob_fits(pattern, values[SELECTED_INDEX_NAME])) ||
           glob_fits(pattern, str_or_empty(values[SELECTED_NAME])) ||
           fits_a_word(pattern, str_or_empty(values[SELECTED_DESCRIPTION]));
}

/* Marks the words that are in the texts. */
static void find_words(const struct filter *filter, const struct str *values, bool *found)
{
    static const enum selected_field searched[] = { SELECTED_NAME, SELECTED_ID, SELECTED_INDEX_NAME,
                                                    SELECTED_DESCRIPTION };

    for (size_t i = 0; i < sizeof searched / sizeof searched[0]; i++) {
        struct str text = str_or_empty(values[searched[i]]);

        if (text.len > FILTER_TEXT_MAX)
            text.len = FILTER_TEXT_MAX;
        glob_mark(filter->patterns, text, found);
    }
}

static bool words_fit(const void *context, const struct str *values)
{
    const struct filter *filter = context;
    struct str in_errors = values[SELECTED_FOUND];
    bool found[FILTER_WORDS_MAX] = { false };

    if (!fits_lists(filter, values))
        return false;
    if (filter->pattern_count)
        find_words(filter, values, found);
    for (size_t i = 0; i < filter->pattern_count; i++)
        if (!found[i] && !(in_errors.len && in_errors.ptr[i] == 'y'))
            return false;
    return true;
}

/* A letter for each word: y, if it is in the errors. Empty, if none is. */
static struct str words_in_errors(const void *context, struct str errors, struct arena *arena)
{
    const struct filter *filter = context;
    bool found[FILTER_WORDS_MAX] = { false };
    char *letters = NULL;

    glob_mark(filter->patterns, errors, found);
    for (size_t i = 0; i < filter->pattern_count; i++) {
        if (!found[i])
            continue;
        if (!letters)
            letters = memset(arena_take(arena, filter->pattern_count), 'n', filter->pattern_count);
        letters[i] = 'y';
    }
    return (struct str){ letters, letters ? filter->pattern_count : 0 };
}

/* ---- selections ---- */

static struct filter *new_filter(struct str names, struct str service_types,
                                 const struct str *parts, size_t count, struct arena *arena)
{
    struct filter *filter = arena_take_cleared(arena, sizeof *filter);
    struct str patterns[FILTER_WORDS_MAX];

    filter->names = words_read(names, arena);
    filter->service_types = words_read(service_types, arena);
    for (size_t i = 0; i < count; i++)
        patterns[i] = arena_format(arena, "*%.*s*", STR_ARGS(parts[i]));
    filter->pattern_count = count;
    if (count)
        filter->patterns = glob_new(patterns, count, arena);
    return filter;
}

static struct selection selection_of(const struct filter *filter,
                                     bool (*fits)(const void *, const struct str *))
{
    bool all = !filter->names.count && !filter->service_types.count && !filter->pattern_count;

    return (struct selection){ .fits = all ? NULL : fits, .filter = filter };
}

struct selection filter_new(struct str names, struct str service_types, struct str query,
                            struct arena *arena)
{
    return selection_of(new_filter(names, service_types, &query, query.len ? 1 : 0, arena),
                        filter_fits);
}

/* In a word a '\' is itself, as in a path of Windows. */
static struct str escaped(struct str word, struct arena *arena)
{
    struct text text = text_new(arena, 2 * word.len + 1);

    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] == '\\')
            text_byte(&text, '\\');
        text_byte(&text, word.ptr[i]);
    }
    return text_str(&text);
}

struct selection filter_by_words(struct str service_types, struct str query, struct arena *arena)
{
    struct str words[FILTER_WORDS_MAX];
    struct filter *filter;
    struct selection selection;
    size_t count;

    (void)read_query(query, words, &count);
    for (size_t i = 0; i < count; i++)
        words[i] = escaped(words[i], arena);
    filter = new_filter((struct str){ NULL, 0 }, service_types, words, count, arena);
    selection = selection_of(filter, words_fit);
    if (count) {
        glob_ignore_case(filter->patterns, arena);
        selection.find = words_in_errors;
    }
    return selection;
}
