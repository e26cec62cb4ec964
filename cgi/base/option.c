/* option.c: reads options by their tables. */
#include "base/option.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/help.h"
#include "base/number.h"
#include "base/suggest.h"
#include "base/text.h"
#include "base/utf8.h"

extern char **environ;

static const char variable_prefix[] = "LASTSYNC_";

enum { HELP_MAX = 512 }; /* bytes of an option's help, with its default */

void option_variable(const struct option *option, char name[OPTION_NAME_MAX])
{
    int len = snprintf(name, OPTION_NAME_MAX, "%s%s", variable_prefix, option->name);

    for (int i = 0; i < len; i++) {
        if (name[i] == '-')
            name[i] = '_';
        else if (name[i] >= 'a' && name[i] <= 'z')
            name[i] = (char)(name[i] - 'a' + 'A');
    }
}

/* ---- values ---- */

static bool set_count(const struct option *option, const char *said_as, const char *text,
                      void *member)
{
    uint64_t count;

    if (number_count(str_from(text), option->most, &count) != NUMBER_READ ||
        count < option->least) {
        (void)fprintf(stderr, "lastsync: %s must be a number from %llu to %llu, not \"%s\"\n",
                      said_as, (unsigned long long)option->least, (unsigned long long)option->most,
                      text);
        return false;
    }
    memcpy(member, &count, sizeof count);
    return true;
}

static bool set_flag(const char *said_as, const char *text, void *member)
{
    bool flag = strcmp(text, "true") == 0;

    if (!flag && strcmp(text, "false") != 0) {
        (void)fprintf(stderr, "lastsync: %s must be true or false, not \"%s\"\n", said_as, text);
        return false;
    }
    memcpy(member, &flag, sizeof flag);
    return true;
}

static bool set_choice(const struct option *option, const char *said_as, const char *text,
                       void *member)
{
    uint64_t at = 0;

    while (option->words[at] && strcmp(option->words[at], text) != 0)
        at++;
    if (option->words[at]) {
        memcpy(member, &at, sizeof at);
        return true;
    }
    (void)fprintf(stderr, "lastsync: %s must be one of", said_as);
    for (at = 0; option->words[at]; at++)
        (void)fprintf(stderr, " %s", option->words[at]);
    (void)fprintf(stderr, ", not \"%s\"\n", text);
    return false;
}

/* `said_as` is the option's name in an error: the flag, the variable, the line of the file. */
static bool set(const struct options *options, const struct option *option,
                struct option_value value, const char *said_as)
{
    void *member = (char *)options->place + option->place;
    const char *text = value.text;

    if (options->values)
        options->values[option - options->table->rows] = value;
    switch (option->kind) {
    case OPTION_COUNT:
        return set_count(option, said_as, text, member);
    case OPTION_FLAG:
        return set_flag(said_as, text, member);
    case OPTION_CHOICE:
        return set_choice(option, said_as, text, member);
    default:
        memcpy(member, &text, sizeof text);
        return true;
    }
}

static const struct option *find(const struct option_table *table, struct str name)
{
    for (size_t i = 0; i < table->count; i++)
        if (str_equal(name, str_from(table->rows[i].name)))
            return &table->rows[i];
    return NULL;
}

bool option_read_defaults(const struct options *options)
{
    for (size_t i = 0; i < options->table->count; i++) {
        const struct option *option = &options->table->rows[i];

        if (!set(options, option, (struct option_value){ option->fallback, OPTION_DEFAULT, 0 },
                 option->name))
            return false;
    }
    return true;
}

/* ---- variables ---- */

static const struct option *find_variable(const struct option_table *table, struct str name)
{
    for (size_t i = 0; i < table->count; i++) {
        char own[OPTION_NAME_MAX];

        option_variable(&table->rows[i], own);
        if (str_equal(name, str_from(own)))
            return &table->rows[i];
    }
    return NULL;
}

bool option_read_variables(const struct options *options)
{
    for (char **variable = environ; variable && *variable; variable++) {
        struct str value = str_from(*variable), name = str_take(&value, '=');
        char said_as[OPTION_NAME_MAX];
        const struct option *option;

        if (!str_starts(name, str_from(variable_prefix)))
            continue;
        option = find_variable(options->table, name);
        if (!option || option->weakest > OPTION_VARIABLE) {
            (void)fprintf(stderr,
                          "lastsync: there is no option for the environment variable %.*s; --help "
                          "names them\n",
                          STR_ARGS(name));
            return false;
        }
        option_variable(option, said_as);
        if (!set(options, option,
                 (struct option_value){ str_or_empty(value).ptr, OPTION_VARIABLE, 0 }, said_as))
            return false;
    }
    return true;
}

/* ---- files ---- */

/* The texts of options from a file lie here. */
static char file_text[OPTION_FILE_MAX + 2];

/* Reads the file, up to one byte more than it may have; gives its fault, or NULL. */
static const char *load(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t count = 1;
    size_t len = 0;

    if (file < 0)
        return strerror(errno);
    while (count > 0 && len <= OPTION_FILE_MAX) {
        count = read(file, file_text + len, OPTION_FILE_MAX + 1 - len);
        len += count > 0 ? (size_t)count : 0;
    }
    (void)close(file);
    file_text[len] = '\0';
    if (count < 0)
        return strerror(errno);
    if (len > OPTION_FILE_MAX)
        return "it is too large";
    return strlen(file_text) < len ? "it has a NUL byte" : NULL;
}

static bool fail_line(const char *path, unsigned number, const char *why, struct str what)
{
    (void)fprintf(stderr, "lastsync: %s, line %u: %s \"%.*s\"\n", path, number, why,
                  STR_ARGS(what));
    return false;
}

/* A file that is being read, line by line. */
struct file {
    const char *path;
    unsigned number; /* of the line at hand */
    unsigned *lines; /* on which each of the options came, or 0 */
};

/* Reads a line, whose value it ends with a NUL. */
static bool read_file_line(const struct options *options, const struct file *file, struct str line)
{
    struct str rest = str_trim(line), name;
    const char *path = file->path;
    unsigned number = file->number;
    const struct option *option;
    char said_as[512];

    if (rest.len && rest.ptr[rest.len - 1] == '\r')
        rest = str_trim((struct str){ rest.ptr, rest.len - 1 });
    if (!rest.len || rest.ptr[0] == '#')
        return true;
    name = str_trim(str_take(&rest, '='));
    option = find(options->table, name);
    if (!rest.ptr)
        return fail_line(path, number, "this is not \"name=value\":", name);
    if (!option || option->weakest > OPTION_FILE)
        return fail_line(path, number, "there is no option", name);
    if (file->lines[option - options->table->rows])
        return fail_line(path, number, "this option came before:", name);
    file->lines[option - options->table->rows] = number;
    rest = str_trim(rest);
    file_text[rest.ptr - file_text + (ptrdiff_t)rest.len] = '\0';
    (void)snprintf(said_as, sizeof said_as, "%s, line %u: %s", path, number, option->name);
    return set(options, option, (struct option_value){ rest.ptr, OPTION_FILE, number }, said_as);
}

bool option_read_file(const struct options *options, const char *path)
{
    struct file file = { path, 0, calloc(options->table->count, sizeof *file.lines) };
    const char *fault = load(path);
    struct str rest = str_from(file_text), line;
    bool good = !fault;

    if (str_starts(rest, UTF8_MARK))
        rest = str_from_offset(rest, UTF8_MARK.len);
    if (!file.lines)
        abort();
    if (fault)
        (void)fprintf(stderr, "lastsync: cannot read the configuration file %s: %s\n", path, fault);
    while (good && str_split(&rest, '\n', &line)) {
        file.number++;
        good = read_file_line(options, &file, line);
    }
    free(file.lines);
    return good;
}

/* ---- command lines ---- */

static const struct option *find_flag(const struct option_line *line, struct str name,
                                      const struct options **options)
{
    for (size_t i = 0; i < 2; i++) {
        const struct option *option = NULL;

        *options = line->options[i];
        if (*options)
            option = find((*options)->table, name);
        if (option && (i > 0 || line->serving || option->common))
            return option;
    }
    return NULL;
}

/* Prints that the flag does not exist, and those that are like it. */
static bool fail_flag(const struct option_line *line, struct str name)
{
    struct arena *arena = arena_new();
    size_t count = 0, most = 0;
    struct str *names, like;

    for (size_t i = 0; i < 2; i++)
        most += line->options[i] ? line->options[i]->table->count : 0;
    names = arena_take(arena, (most + 1) * sizeof *names);
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; line->options[i] && k < line->options[i]->table->count; k++) {
            const struct option *option = &line->options[i]->table->rows[k];

            if (i > 0 || line->serving || option->common)
                names[count++] = arena_format(arena, "--%s", option->name);
        }
    like = suggest(arena_format(arena, "--%.*s", STR_ARGS(name)), names, count, arena);
    (void)fprintf(stderr, "lastsync: there is no option \"--%.*s\"%s%.*s; --help names them\n",
                  STR_ARGS(name), like.len ? "," : "", STR_ARGS(like));
    arena_free(arena);
    return false;
}

static bool read_word(struct option_line *line, const char *word, const char *only)
{
    if (only)
        return true;
    if (line->word_count == line->word_room) {
        (void)fprintf(stderr, "lastsync: \"%s\" is one word too many; see --help\n", word);
        return false;
    }
    line->words[line->word_count++] = word;
    return true;
}

/* Reads one flag, with its value in the same argument or the next, and moves *at past it. */
static bool read_flag(struct option_line *line, int *at, const char *only)
{
    const char *argument = line->arguments[*at], *equals = strchr(argument, '='), *value = "true";
    struct str name = str_from(argument + 2);
    const struct options *options;
    const struct option *option;
    char said_as[OPTION_NAME_MAX + 2];

    if (equals)
        name.len = (size_t)(equals - name.ptr);
    option = find_flag(line, name, &options);
    if (!option)
        return fail_flag(line, name);
    if (equals)
        value = equals + 1;
    else if (option->kind != OPTION_FLAG)
        value = ++*at < line->count ? line->arguments[*at] : NULL;
    if (!value) {
        (void)fprintf(stderr, "lastsync: --%s needs a value\n", option->name);
        return false;
    }
    ++*at;
    if (only && strcmp(only, option->name) != 0)
        return true;
    (void)snprintf(said_as, sizeof said_as, "--%s", option->name);
    return set(options, option, (struct option_value){ value, OPTION_ARGUMENT, 0 }, said_as);
}

bool option_read_line(struct option_line *line, const char *only)
{
    bool plain = false; /* "--" has come */

    line->word_count = 0;
    for (int at = 0; at < line->count;) {
        const char *argument = line->arguments[at];

        if (!plain && strcmp(argument, "--") == 0) {
            plain = true;
            at++;
        } else if (!plain && argument[0] == '-' && argument[1] == '-') {
            if (!read_flag(line, &at, only))
                return false;
        } else {
            if (!plain && argument[0] == '-' && argument[1]) {
                (void)fprintf(stderr, "lastsync: there is no option \"%s\"; --help names them\n",
                              argument);
                return false;
            }
            if (!read_word(line, argument, only))
                return false;
            at++;
        }
    }
    return true;
}

/* ---- help ---- */

enum { EXPLANATION_COLUMN = 28 };

void option_print_row(const char *name, const char *help)
{
    char flag[OPTION_NAME_MAX + 4];

    (void)snprintf(flag, sizeof flag, "  --%s ", name);
    help_print(stdout, help_columns(), EXPLANATION_COLUMN, flag, str_from(help));
}

void option_print_help(const struct option_table *table, bool only_common)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct option *option = &table->rows[i];
        bool shown = option->kind != OPTION_FLAG && option->fallback[0];
        char help[HELP_MAX];

        if (only_common && !option->common)
            continue;
        (void)snprintf(help, sizeof help, "%s%s%s%s", option->help, shown ? " (" : "",
                       shown ? option->fallback : "", shown ? ")" : "");
        option_print_row(option->name, help);
    }
}
