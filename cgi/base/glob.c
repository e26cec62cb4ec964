/* glob.c: matches wildcards, by all states that the text so far can have led to, a bit for each.
 *
 * A pattern becomes a row of states. Most wait for a byte, and lead to the next when it comes:
 *
 *     a literal  waits for that byte
 *     '?'        waits for a byte that begins a character, and has a tail after it
 *     a tail     stays where it is for the bytes within a character, and is the next state as well
 *     '*'        stays where it is for any byte, and is the next state as well
 *     the last   waits for nothing: the pattern is matched
 *
 * No two that are the next state as well stand side by side, so that one look at the neighbours
 * finds all of these: '*' after '*' is left out, and so is the tail between '?' and '*'. */
#include "base/glob.h"

struct glob {
    size_t words;
    size_t count; /* states in use */
    size_t *last; /* of each pattern */
    size_t pattern_count;
    uint64_t *firsts;     /* the first states of all patterns */
    uint64_t *stars;      /* the states of '*' */
    uint64_t *loose;      /* the states of '*', and tails */
    uint64_t *any;        /* the states of '?' */
    uint64_t *none;       /* no state */
    uint64_t *takes[256]; /* which literals wait for a byte; none for most bytes */
    uint64_t *scratch;
    uint64_t steps;
};

static uint64_t *new_set(const struct glob *glob, struct arena *arena)
{
    return arena_take_cleared(arena, glob->words * sizeof(uint64_t));
}

static size_t room_for(const struct str *patterns, size_t count)
{
    size_t room = count;

    for (size_t i = 0; i < count; i++) {
        room += patterns[i].len;
        for (size_t k = 0; k < patterns[i].len; k++)
            room += patterns[i].ptr[k] == '?'; /* its tail */
    }
    return room;
}

static void add_literal(struct glob *glob, unsigned char byte, struct arena *arena)
{
    if (glob->takes[byte] == glob->none)
        glob->takes[byte] = new_set(glob, arena);
    glob_put(glob->takes[byte], glob->count++);
}

/* Appends the states of `pattern` to the others. */
static void add_pattern(struct glob *glob, struct str pattern, struct arena *arena)
{
    bool tail = false, star = false;

    glob_put(glob->firsts, glob->count);
    for (size_t i = 0; i < pattern.len; i++) {
        char byte = pattern.ptr[i];

        if (byte == '*') {
            if (!star) {
                glob_put(glob->stars, glob->count);
                glob_put(glob->loose, glob->count++);
            }
            star = true;
            tail = false;
            continue;
        }
        if (tail)
            glob_put(glob->loose, glob->count++);
        star = false;
        tail = byte == '?';
        if (tail) {
            glob_put(glob->any, glob->count++);
            continue;
        }
        i += byte == '\\' && i + 1 < pattern.len;
        add_literal(glob, (unsigned char)pattern.ptr[i], arena);
    }
    if (tail)
        glob_put(glob->loose, glob->count++);
    glob->last[glob->pattern_count++] = glob->count++;
}

struct glob *glob_new(const struct str *patterns, size_t count, struct arena *arena)
{
    struct glob *glob = arena_take_cleared(arena, sizeof *glob);

    glob->words = (room_for(patterns, count) + 63) / 64;
    glob->last = arena_take(arena, count * sizeof *glob->last);
    glob->firsts = new_set(glob, arena);
    glob->stars = new_set(glob, arena);
    glob->loose = new_set(glob, arena);
    glob->any = new_set(glob, arena);
    glob->none = new_set(glob, arena);
    glob->scratch = new_set(glob, arena);
    for (size_t i = 0; i < 256; i++)
        glob->takes[i] = glob->none;
    for (size_t i = 0; i < count; i++)
        add_pattern(glob, patterns[i], arena);
    return glob;
}

void glob_ignore_case(struct glob *glob, struct arena *arena)
{
    for (int lower = 'a', upper = 'A'; lower <= 'z'; lower++, upper++) {
        uint64_t *both = new_set(glob, arena);

        for (size_t i = 0; i < glob->words; i++)
            both[i] = glob->takes[lower][i] | glob->takes[upper][i];
        glob->takes[lower] = glob->takes[upper] = both;
    }
}

bool glob_split(struct str *patterns, struct str *pattern)
{
    size_t len = 0;

    if (!patterns->ptr)
        return false;
    while (len < patterns->len && patterns->ptr[len] != ',')
        len += patterns->ptr[len] == '\\' && len + 1 < patterns->len ? 2 : 1;
    *pattern = (struct str){ patterns->ptr, len };
    *patterns = len < patterns->len ? str_from_offset(*patterns, len + 1) : (struct str){ NULL, 0 };
    return true;
}

size_t glob_words(const struct glob *glob)
{
    return glob->words;
}

size_t glob_first(const struct glob *glob, size_t pattern)
{
    return pattern ? glob->last[pattern - 1] + 1 : 0;
}

size_t glob_last(const struct glob *glob, size_t pattern)
{
    return glob->last[pattern];
}

uint64_t glob_steps(const struct glob *glob)
{
    return glob->steps;
}

/* Adds the states that follow the loose states of the set at once. */
static void loosen(const struct glob *glob, uint64_t *states)
{
    uint64_t carry = 0;

    for (size_t i = 0; i < glob->words; i++) {
        uint64_t loose = states[i] & glob->loose[i];

        states[i] |= loose << 1 | carry;
        carry = loose >> 63;
    }
}

/* Goes on through one byte; false if no state is left. */
static bool step(struct glob *glob, uint64_t *states, unsigned char byte)
{
    bool inner = (byte & 0xc0) == 0x80;
    const uint64_t *literals = glob->takes[byte], *any = inner ? glob->none : glob->any,
                   *staying = inner ? glob->loose : glob->stars;
    uint64_t carry = 0, left = 0;

    for (size_t i = 0; i < glob->words; i++) {
        uint64_t taken = states[i] & (literals[i] | any[i]);

        states[i] = taken << 1 | carry | (states[i] & staying[i]);
        carry = taken >> 63;
        left |= states[i];
    }
    glob->steps += glob->words;
    loosen(glob, states);
    return left;
}

void glob_run(struct glob *glob, uint64_t *states, struct str text)
{
    bool alive = true;

    loosen(glob, states);
    for (size_t i = 0; i < text.len && alive; i++)
        alive = step(glob, states, (unsigned char)text.ptr[i]);
}

static void run_all(struct glob *glob, struct str text)
{
    memcpy(glob->scratch, glob->firsts, glob->words * sizeof *glob->scratch);
    glob_run(glob, glob->scratch, text);
}

void glob_mark(struct glob *glob, struct str text, bool *fits)
{
    run_all(glob, text);
    for (size_t i = 0; i < glob->pattern_count; i++)
        fits[i] |= glob_has(glob->scratch, glob->last[i]);
}

bool glob_fits(struct glob *glob, struct str text)
{
    run_all(glob, text);
    for (size_t i = 0; i < glob->pattern_count; i++)
        if (glob_has(glob->scratch, glob->last[i]))
            return true;
    return false;
}
