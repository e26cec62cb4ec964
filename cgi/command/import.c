/* import.c: reads lines of JSON as export writes them: lastsync import. */
#include "command/import.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "command/line.h"
#include "command/progress.h"
#include "command/session.h"
#include "store/connector/connector.h"
#include "store/schema/fields.h"

enum conflict { ON_CONFLICT_FAIL, ON_CONFLICT_SKIP, ON_CONFLICT_REPLACE };

static const char *const conflict_words[] = { "fail", "skip", "replace", NULL };

struct import_options {
    uint64_t on_conflict; /* enum conflict */
};

struct import {
    struct session session;
    struct import_options options;
    struct progress progress;
    FILE *file;
    char *bytes; /* of the current line */
    size_t size;
    bool writes; /* else it only checks */
    uint64_t line, read, documents;
    uint64_t created, replaced, skipped, same;
    bool ended; /* the last line was read */
    int status; /* the exit status of the fault that has ended it, or COMMAND_DONE */
};

static void stop(struct import *import, struct str what)
{
    progress_clear(&import->progress);
    (void)fprintf(stderr, "lastsync: line %llu: %.*s\n", (unsigned long long)import->line,
                  STR_ARGS(what));
    import->status = COMMAND_FAILED;
}

/* ---- lines ---- */

static void make_room(struct import *import)
{
    import->size = import->size ? import->size * 2 : 65536;
    import->bytes = realloc(import->bytes, import->size);
    if (!import->bytes)
        abort();
}

/* Reads a line without its end; false at the end of the file, or after a fault or a signal. */
static bool read_line(struct import *import, struct str *line)
{
    size_t count = 0;
    int byte;

    import->line++;
    while ((byte = getc_unlocked(import->file)) != EOF && byte != '\n') {
        if (count == import->size)
            make_room(import);
        import->bytes[count++] = (char)byte;
        if (count <= LINE_MAX_BYTES)
            continue;
        stop(import, STR("it is longer than 67108864 bytes"));
        return false;
    }
    import->read += count + 1;
    if (session_signal())
        import->status = COMMAND_INTERRUPTED + session_signal();
    else if (ferror(import->file))
        stop(import, str_from(strerror(errno)));
    *line = (struct str){ import->bytes ? import->bytes : "", count };
    return import->status == COMMAND_DONE && (byte != EOF || count);
}

/* ---- documents ---- */

/* Compares without the version, as a document that replaces another one continues that one's
 * version. */
static struct str line_to_compare(struct import *import, struct whole whole)
{
    struct arena *arena = import->session.arena;
    struct pair *kept = arena_take(arena, (whole.field_count + 1) * sizeof *kept);
    struct text text = text_new(arena, 4096);
    size_t count = 0;

    for (size_t i = 0; i < whole.field_count; i++)
        if (!str_equal(whole.fields[i].name, connector_names[CONNECTOR_VERSION]))
            kept[count++] = whole.fields[i];
    whole.fields = kept;
    whole.field_count = count;
    line_add_document(&text, &whole);
    return text_str(&text);
}

static bool is_same(struct import *import, const struct whole *whole, struct whole *stored)
{
    stored->has_secrets = whole->has_secrets;
    return str_equal(line_to_compare(import, *whole), line_to_compare(import, *stored));
}

/* Derives the connector's state. */
static void settle(struct import *import, const struct whole *whole)
{
    struct ask ask;

    if (whole->kind != WHOLE_CONNECTOR || whole_is_deleted(whole))
        return;
    session_ask(&import->session, &ask);
    connector_settle(&ask, whole->id);
    if (command_await(import->session.store, &ask) == AWAY || ask.outcome == FAULTY) {
        stop(import, STR("it could not be written"));
        import->status = command_fail_store(ask.outcome);
    }
}

static void write_whole(struct import *import, const struct whole *whole)
{
    struct arena *arena = import->session.arena;
    struct ask ask;

    session_ask(&import->session, &ask);
    whole_write(&ask, whole);
    switch (command_await(import->session.store, &ask)) {
    case CREATED:
        import->created++;
        settle(import, whole);
        break;
    case UPDATED:
        import->replaced++;
        settle(import, whole);
        break;
    case TAKEN:
        if (import->options.on_conflict == ON_CONFLICT_SKIP)
            import->skipped++;
        else
            stop(import, arena_format(arena, "%.*s: another connector has its index name",
                                      STR_ARGS(line_name(whole, arena))));
        break;
    default:
        stop(import, STR("it could not be written"));
        import->status = command_fail_store(ask.outcome);
        break;
    }
}

/* An equal document is not a conflict, so an import can be repeated. */
static void take_whole(struct import *import, const struct whole *whole)
{
    struct arena *arena = import->session.arena;
    struct whole stored = { .kind = whole->kind, .id = whole->id };
    struct ask ask;
    bool there;

    import->documents++;
    session_ask(&import->session, &ask);
    whole_read(&ask, &stored);
    there = command_await(import->session.store, &ask) == FOUND;
    if (!there && ask.outcome != MISSING) {
        stop(import, STR("what is there could not be read"));
        import->status = command_fail_store(ask.outcome);
    } else if (there && is_same(import, whole, &stored)) {
        import->same++;
    } else if (there && import->options.on_conflict == ON_CONFLICT_FAIL) {
        stop(import, arena_format(arena,
                                  "%.*s is there already, and differs; --on-conflict says what "
                                  "to do then",
                                  STR_ARGS(line_name(whole, arena))));
    } else if (there && import->options.on_conflict == ON_CONFLICT_SKIP) {
        import->skipped++;
    } else if (import->writes) {
        write_whole(import, whole);
    }
}

static void take_line(struct import *import, const struct line *line)
{
    if ((line->kind == LINE_META) != (import->line == 1))
        stop(import, STR("the first line, and no other, must be of the type \"meta\""));
    else if (import->ended)
        stop(import, STR("there is something behind the line of the type \"end\""));
    else if (line->kind == LINE_DOCUMENT)
        take_whole(import, &line->whole);
    else if (line->kind == LINE_END && line->documents != import->documents)
        stop(import, STR("there should be another number of documents before it"));
    import->ended = line->kind == LINE_END;
}

/* Goes over all lines. */
static void take_all(struct import *import)
{
    struct str bytes, fault;
    struct line line;

    import->line = import->read = import->documents = 0;
    import->created = import->replaced = import->skipped = import->same = 0;
    import->ended = false;
    while (import->status == COMMAND_DONE && read_line(import, &bytes)) {
        fault = line_read(bytes, &line, import->session.arena);
        if (fault.ptr)
            stop(import, fault);
        else
            take_line(import, &line);
        progress_show(&import->progress, import->read);
        arena_reset(import->session.arena);
    }
    if (import->status == COMMAND_DONE && !import->ended)
        stop(import, STR("the file ends before its last line, which is of the type \"end\""));
    progress_clear(&import->progress);
}

/* ---- the command ---- */

static void fail_to_read(struct import *import, const char *path)
{
    (void)fprintf(stderr, "lastsync: %s cannot be read: %s\n", path ? path : "-", strerror(errno));
    import->status = COMMAND_FAILED;
}

/* A file is checked from beginning to end before any of it is written. */
static void run(struct import *import, const char *path)
{
    bool from_file = path && strcmp(path, "-") != 0;
    struct stat stat = { .st_size = 0 };
    uint64_t keys;

    import->status = session_measure(&import->session, &keys);
    if (import->status != COMMAND_DONE)
        return;
    import->file = from_file ? fopen(path, "re") : stdin;
    if (!import->file || fstat(fileno(import->file), &stat)) {
        fail_to_read(import, path);
        return;
    }
    if (S_ISREG(stat.st_mode) && ftell(import->file) == 0) {
        import->progress = progress_begin("bytes looked at", (uint64_t)stat.st_size);
        take_all(import);
        if (fseek(import->file, 0, SEEK_SET))
            fail_to_read(import, path);
    }
    import->writes = true;
    import->progress = progress_begin("bytes", (uint64_t)stat.st_size);
    if (import->status == COMMAND_DONE)
        take_all(import);
    if (from_file)
        (void)fclose(import->file);
    if (import->status == COMMAND_DONE)
        (void)fprintf(stderr,
                      "%llu documents: %llu made, %llu replaced, %llu skipped, %llu there "
                      "already\n",
                      (unsigned long long)import->documents, (unsigned long long)import->created,
                      (unsigned long long)import->replaced, (unsigned long long)import->skipped,
                      (unsigned long long)import->same);
}

int import_run(int count, char **arguments)
{
    static const struct option rows[] = {
        { "on-conflict", OPTION_CHOICE, offsetof(struct import_options, on_conflict), "fail",
          "what to do with a document that is there already, and differs: fail, skip or replace",
          .words = conflict_words },
    };
    static const struct option_table table = { rows, 1 };
    static struct import import;
    const char *path = NULL;
    struct command_line line = {
        .usage = "import [option ...] [FILE]",
        .help = "Reads what lastsync export has written, from a file or from standard input (-). "
                "It can be\nrepeated.",
        .own = &table,
        .own_place = &import.options,
        .words = &path,
        .words_most = 1
    };
    enum config_result result =
        config_read_command(&import.session.config, &line, count, arguments);

    if (result != CONFIG_READ)
        return config_status(result);
    session_catch_signals();
    session_open(&import.session, SCHEMA_SERVED);
    run(&import, path);
    free(import.bytes);
    session_close(&import.session);
    return import.status;
}
