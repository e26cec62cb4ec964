/* filter_path.c: copies the values that a filter's paths lead to, token by token.
 *
 * All names of all paths are patterns of one glob. What the paths ask of the members of an object
 * is a set of its states: the first ones of the names that may come next. Running such a set
 * through a member's name gives the names that it fits, and with them what to do with the member:
 * leave it out, keep the whole of it, or go on into it with the names after those that fit.
 * "**" is the pattern "*" whose first state stays in the set, with the one of the name after it.
 */
#include "http/filter_path.h"

#include "base/glob.h"
#include "base/json.h"
#include "base/text.h"

struct filter_path {
    struct arena *arena;
    struct glob *glob;
    size_t words; /* of a set of states */

    uint64_t *root;   /* the first states of the paths */
    uint64_t *kept;   /* all states of the paths without '-' */
    uint64_t *ends;   /* the last states of the names at a path's end */
    uint64_t *inner;  /* ... of all other names */
    uint64_t *runs;   /* the first states of "**" */
    uint64_t *passed; /* ... unless it is at the path's end: the next name may be at once */
    bool keeps_all;   /* there is no path without '-' */
    uint64_t passes;  /* words of sets that were gone over for values, beside those of the glob */
};

/* An object or array of the input that is open in the output. */
struct level {
    bool is_object;
    bool whole;    /* all in it is kept, unless it is left out */
    bool empty;    /* nothing has been in it so far */
    size_t start;  /* the output's length without it */
    size_t inside; /* ... and with its bracket */
};

struct filtering {
    struct filter_path *filter;
    struct json_reader reader;
    struct text out;
    struct level levels[JSON_DEPTH_MAX + 1]; /* the first is what the root is in */
    size_t depth;
    uint64_t *states; /* a set for each level, and one for the value at hand */
    uint64_t *found;  /* where a name leads */

    /* of the value at hand */
    struct str name; /* as in the input; absent outside of objects */
    bool whole;
};

/* ---- the list of paths ---- */

/* Takes the name up to the next dot that has no backslash in front. */
static struct str take_name(struct str *path)
{
    struct str name = *path;
    size_t at = 0;

    while (at < name.len && name.ptr[at] != '.')
        at += name.ptr[at] == '\\' && at + 1 < name.len ? 2 : 1;
    *path = at < name.len ? str_from_offset(name, at + 1) : (struct str){ NULL, 0 };
    name.len = at;
    return name;
}

static bool is_run(struct str name)
{
    return str_equal(name, STR("**"));
}

/* Takes the next name, false after the last one. "**" after "**" is left out. */
static bool next_name(struct str *path, struct str *name)
{
    struct str rest;

    if (!path->ptr)
        return false;
    *name = take_name(path);
    for (rest = *path; is_run(*name) && rest.ptr && is_run(take_name(&rest));)
        *path = rest;
    return true;
}

/* Takes the next path that is not empty, without its '-'. */
static bool next_path(struct str *list, struct str *path, bool *keeps)
{
    do {
        if (!str_split(list, ',', path))
            return false;
        *path = str_trim(*path);
    } while (!path->len);
    *keeps = path->len == 1 || path->ptr[0] != '-';
    if (!*keeps)
        *path = str_from_offset(*path, 1);
    return true;
}

/* Counts the names, and puts them into `all` unless that is NULL. */
static size_t take_names(struct str list, size_t *paths, struct str *all)
{
    struct str path, name;
    size_t names = 0;
    bool keeps;

    for (*paths = 0; next_path(&list, &path, &keeps); ++*paths)
        for (; next_name(&path, &name); names++)
            if (all)
                all[names] = name;
    return names;
}

bool filter_path_fits(struct str list)
{
    size_t paths, names = take_names(list, &paths, NULL);

    return paths <= FILTER_PATHS_MAX && names <= FILTER_NAMES_MAX;
}

static uint64_t *new_set(const struct filter_path *filter)
{
    return arena_take_cleared(filter->arena, filter->words * sizeof(uint64_t));
}

/* Notes what the states of a name are. */
static void note_name(struct filter_path *filter, size_t number, struct str name, bool keeps,
                      bool at_end)
{
    size_t first = glob_first(filter->glob, number), last = glob_last(filter->glob, number);

    for (size_t state = first; keeps && state <= last; state++)
        glob_put(filter->kept, state);
    glob_put(at_end ? filter->ends : filter->inner, last);
    if (!is_run(name))
        return;
    glob_put(filter->runs, first);
    if (!at_end)
        glob_put(filter->passed, first);
}

/* Adds the states that lie `distance` after those of `from` that are in `which`. */
static void add_behind(const struct filter_path *filter, uint64_t *to, const uint64_t *from,
                       const uint64_t *which, unsigned distance)
{
    uint64_t carry = 0;

    for (size_t i = 0; i < filter->words; i++) {
        uint64_t chosen = from[i] & which[i];

        to[i] |= chosen << distance | carry;
        carry = chosen >> (64 - distance);
    }
}

/* Adds the names after each "**" that may come next. It has two states, and one follows it only
 * if it is another name's. */
static void pass_runs(const struct filter_path *filter, uint64_t *states)
{
    add_behind(filter, states, states, filter->passed, 2);
}

static void read_paths(struct filter_path *filter, struct str list)
{
    struct str path, name;
    size_t number = 0;
    bool keeps;

    while (next_path(&list, &path, &keeps)) {
        filter->keeps_all &= !keeps;
        glob_put(filter->root, glob_first(filter->glob, number));
        while (next_name(&path, &name))
            note_name(filter, number++, name, keeps, !path.ptr);
    }
    pass_runs(filter, filter->root);
}

struct filter_path *filter_path_new(struct str list, struct arena *arena)
{
    struct filter_path *filter = arena_take_cleared(arena, sizeof *filter);
    size_t paths, count = take_names(list, &paths, NULL);
    struct str *names = arena_take(arena, count * sizeof *names);

    (void)take_names(list, &paths, names);
    filter->arena = arena;
    filter->glob = glob_new(names, count, arena);
    filter->words = glob_words(filter->glob);
    filter->root = new_set(filter);
    filter->kept = new_set(filter);
    filter->ends = new_set(filter);
    filter->inner = new_set(filter);
    filter->runs = new_set(filter);
    filter->passed = new_set(filter);
    filter->keeps_all = true;
    read_paths(filter, list);
    return filter;
}

uint64_t filter_path_steps(const struct filter_path *filter)
{
    return glob_steps(filter->glob) + filter->passes;
}

/* ---- values ---- */

static uint64_t *states_at(const struct filtering *filtering, size_t depth)
{
    return filtering->states + depth * filtering->filter->words;
}

/* What is asked of the value at hand. */
static uint64_t *asked(const struct filtering *filtering)
{
    return states_at(filtering, filtering->depth + 1);
}

/* Whether a path goes on in the value at hand. */
static bool is_asked(const struct filtering *filtering)
{
    const uint64_t *states = asked(filtering);

    for (size_t i = 0; i < filtering->filter->words; i++)
        if (states[i])
            return true;
    return false;
}

/* If nothing of this value is kept, no path needs to leave anything out; if all of it is, no path
 * needs to keep anything. */
static void ask_less(struct filtering *filtering)
{
    const struct filter_path *filter = filtering->filter;
    uint64_t *states = asked(filtering), keeping = filtering->whole;

    for (size_t i = 0; i < filter->words; i++)
        keeping |= states[i] & filter->kept[i];
    for (size_t i = 0; i < filter->words; i++)
        states[i] &= filtering->whole ? ~filter->kept[i] : keeping ? ~UINT64_C(0) : 0;
}

/* Looks where the member's name leads from what is asked of its object. False if it is left out. */
static bool enter_member(struct filtering *filtering, struct str name)
{
    struct filter_path *filter = filtering->filter;
    const uint64_t *outer = states_at(filtering, filtering->depth);
    uint64_t *found = filtering->found, *states = asked(filtering), keep = 0, leave = 0;

    filter->passes += filter->words;
    memcpy(found, outer, filter->words * sizeof *found);
    glob_run(filter->glob, found, name);
    for (size_t i = 0; i < filter->words; i++) {
        keep |= found[i] & filter->ends[i] & filter->kept[i];
        leave |= found[i] & filter->ends[i] & ~filter->kept[i];
        states[i] = outer[i] & filter->runs[i];
    }
    add_behind(filter, states, found, filter->inner, 1);
    pass_runs(filter, states);
    filtering->whole = filtering->levels[filtering->depth].whole || keep;
    ask_less(filtering);
    return !leave;
}

/* An element is judged as its array is. */
static void enter_element(struct filtering *filtering)
{
    filtering->filter->passes += filtering->filter->words;
    memcpy(asked(filtering), states_at(filtering, filtering->depth),
           filtering->filter->words * sizeof(uint64_t));
    filtering->whole = filtering->levels[filtering->depth].whole;
    filtering->name = (struct str){ NULL, 0 };
}

/* ---- writing ---- */

/* The input from there up to the end of the latest token. */
static struct str since(const struct filtering *filtering, size_t start)
{
    return (struct str){ filtering->reader.input.ptr + start, filtering->reader.at - start };
}

/* Writes the beginning of the value at hand, or all of it. */
static void write_value(struct filtering *filtering, struct str text)
{
    struct text *out = &filtering->out;

    if (out->len != filtering->levels[filtering->depth].inside)
        text_byte(out, ',');
    if (filtering->name.ptr) {
        text_add(out, filtering->name);
        text_byte(out, ':');
    }
    text_add(out, text);
}

static void open_level(struct filtering *filtering)
{
    struct level level = { .is_object = filtering->reader.token == JSON_OBJECT,
                           .whole = filtering->whole,
                           .empty = true,
                           .start = filtering->out.len };

    write_value(filtering, since(filtering, filtering->reader.token_at));
    level.inside = filtering->out.len;
    filtering->levels[++filtering->depth] = level;
}

/* Takes back the objects and arrays that were opened, if nothing is left in them. */
static void close_level(struct filtering *filtering)
{
    const struct level *level = &filtering->levels[filtering->depth--];

    if (filtering->out.len == level->inside && !(level->whole && level->empty))
        filtering->out.len = level->start;
    else
        text_add(&filtering->out, since(filtering, filtering->reader.token_at));
}

static void take_value(struct filtering *filtering)
{
    struct json_reader *reader = &filtering->reader;
    size_t start = reader->token_at;

    if (!filtering->levels[filtering->depth].is_object)
        enter_element(filtering);
    filtering->levels[filtering->depth].empty = false;
    if ((reader->token == JSON_OBJECT || reader->token == JSON_ARRAY) && is_asked(filtering))
        open_level(filtering);
    else if (json_skip(reader) && filtering->whole)
        write_value(filtering, since(filtering, start));
}

static void take_key(struct filtering *filtering)
{
    struct json_reader *reader = &filtering->reader;

    filtering->name = since(filtering, reader->token_at);
    if (enter_member(filtering, reader->text))
        return;
    filtering->levels[filtering->depth].empty = false;
    (void)json_next(reader);
    (void)json_skip(reader);
}

struct str filter_path_apply(struct filter_path *filter, struct str json)
{
    struct filtering *filtering = arena_take(filter->arena, sizeof *filtering);
    struct json_reader *reader = &filtering->reader;

    filtering->filter = filter;
    filtering->out = text_new(filter->arena, 1024);
    filtering->depth = 0;
    filtering->levels[0] = (struct level){ .whole = filter->keeps_all };
    filtering->found = new_set(filter);
    filtering->states =
        arena_take(filter->arena, (JSON_DEPTH_MAX + 2) * filter->words * sizeof(uint64_t));
    memcpy(states_at(filtering, 0), filter->root, filter->words * sizeof(uint64_t));
    json_open(reader, json, (struct json_budget){ JSON_DEPTH_MAX, (unsigned)-1 }, filter->arena);
    while (json_next(reader) != JSON_NOTHING && reader->token != JSON_FAULT) {
        if (filter_path_steps(filter) > FILTER_STEPS_MAX)
            return (struct str){ NULL, 0 };
        if (reader->token == JSON_KEY)
            take_key(filtering);
        else if (reader->token == JSON_OBJECT_END || reader->token == JSON_ARRAY_END)
            close_level(filtering);
        else
            take_value(filtering);
    }
    return filtering->out.len ? text_str(&filtering->out) : STR("{}");
}
