/* suggest.c: finds the names that are like a mistyped one. */
#include "base/suggest.h"

#include <stdlib.h>

#include "base/text.h"

enum { WORD_MAX = 64, SUGGESTIONS_MAX = 40 };

struct suggestion {
    struct str name;
    float likeness; /* one less the distance as a part of the longer word, in single precision as
                       there */
};

static size_t least(size_t a, size_t b, size_t c)
{
    size_t smaller = a < b ? a : b;

    return smaller < c ? smaller : c;
}

/* How many insertions, deletions and replacements of a byte lie between the two. */
static size_t distance(struct str a, struct str b)
{
    size_t row[WORD_MAX + 1];

    for (size_t k = 0; k <= b.len; k++)
        row[k] = k;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t k = 1; k <= b.len; k++) {
            size_t above = row[k];

            row[k] = least(row[k] + 1, row[k - 1] + 1, diagonal + (a.ptr[i - 1] != b.ptr[k - 1]));
            diagonal = above;
        }
    }
    return row[b.len];
}

static int by_likeness(const void *left, const void *right)
{
    const struct suggestion *a = left, *b = right;

    if (a->likeness > b->likeness)
        return -1;
    if (a->likeness < b->likeness)
        return 1;
    return str_compare(a->name, b->name);
}

struct str suggest(struct str word, const struct str *names, size_t count, struct arena *arena)
{
    struct suggestion found[SUGGESTIONS_MAX];
    size_t found_count = 0;
    struct text out = text_new(arena, 64);

    if (word.len > WORD_MAX)
        return STR("");
    for (size_t i = 0; i < count && found_count < SUGGESTIONS_MAX; i++) {
        size_t longer = names[i].len > word.len ? names[i].len : word.len;
        float likeness;

        if (names[i].len > WORD_MAX || !longer)
            continue;
        likeness = 1.0F - (float)distance(word, names[i]) / (float)longer;
        if (likeness > 0.5F)
            found[found_count++] = (struct suggestion){ names[i], likeness };
    }
    if (!found_count)
        return STR("");
    qsort(found, found_count, sizeof found[0], by_likeness);
    text_add(&out, found_count > 1 ? STR(" did you mean any of [") : STR(" did you mean ["));
    for (size_t i = 0; i < found_count; i++) {
        if (i)
            text_add(&out, STR(", "));
        text_add(&out, found[i].name);
    }
    text_add(&out, STR("]?"));
    return text_str(&out);
}
