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

enum {
    BUNCH_MAX = 128,              /* documents that are read, and then written, at once */
    BUNCH_MAX_BYTES = 1024 * 1024 /* the bytes of their lines with which a bunch is full */
};

/* Documents that wait to be taken together, so that Redis gets their commands in one write. */
struct bunch {
    struct whole wholes[BUNCH_MAX], stored[BUNCH_MAX];
    struct ask asks[BUNCH_MAX];
    uint64_t lines[BUNCH_MAX]; /* where they come from */
    bool writes[BUNCH_MAX];
    size_t count, bytes;
};

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
    struct bunch bunch;
    uint64_t line, read, documents;
    uint64_t created, replaced, skipped, same;
    bool ended; /* the last line was read */
    int status; /* the exit status of the fault that has ended it, or COMMAND_DONE */
};

/* The first fault counts: those behind it are not told. */
static void stop_at(struct import *import, uint64_t line, struct str what)
{
    if (import->status != COMMAND_DONE)
        return;
    progress_clear(&import->progress);
    (void)fprintf(stderr, "lastsync: line %llu: %.*s\n", (unsigned long long)line, STR_ARGS(what));
    import->status = COMMAND_FAILED;
}

static void stop(struct import *import, struct str what)
{
    stop_at(import, import->line, what);
}

/* A fault of Redis. */
static void stop_away(struct import *import, uint64_t line, struct str what, enum outcome outcome)
{
    if (import->status != COMMAND_DONE)
        return;
    stop_at(import, line, what);
    import->status = command_fail_store(outcome);
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

static void await_all(struct import *import)
{
    while (store_pending(import->session.store))
        store_flush(import->session.store);
}

/* Whether a document is to be written, by what is there. An equal document is not a conflict, so an
 * import can be repeated. */
static bool is_wanted(struct import *import, size_t i)
{
    struct bunch *bunch = &import->bunch;
    struct arena *arena = import->session.arena;
    enum outcome outcome = bunch->asks[i].outcome;

    if (outcome != FOUND && outcome != MISSING) {
        stop_away(import, bunch->lines[i], STR("what is there could not be read"), outcome);
    } else if (outcome == FOUND && is_same(import, &bunch->wholes[i], &bunch->stored[i])) {
        import->same++;
    } else if (outcome == FOUND && import->options.on_conflict == ON_CONFLICT_FAIL) {
        stop_at(import, bunch->lines[i],
                arena_format(arena,
                             "%.*s is there already, and differs; --on-conflict says what to do "
                             "then",
                             STR_ARGS(line_name(&bunch->wholes[i], arena))));
    } else if (outcome == FOUND && import->options.on_conflict == ON_CONFLICT_SKIP) {
        import->skipped++;
    } else {
        return import->writes;
    }
    return false;
}

/* Counts what became of a document, and tells whether it was written. */
static bool was_written(struct import *import, size_t i)
{
    struct bunch *bunch = &import->bunch;
    struct arena *arena = import->session.arena;

    switch (bunch->asks[i].outcome) {
    case CREATED:
        import->created++;
        return true;
    case UPDATED:
        import->replaced++;
        return true;
    case TAKEN:
        if (import->options.on_conflict == ON_CONFLICT_SKIP)
            import->skipped++;
        else
            stop_at(import, bunch->lines[i],
                    arena_format(arena, "%.*s: another connector has its index name",
                                 STR_ARGS(line_name(&bunch->wholes[i], arena))));
        return false;
    default:
        stop_away(import, bunch->lines[i], STR("it could not be written"), bunch->asks[i].outcome);
        return false;
    }
}

static void write_wanted(struct import *import)
{
    struct bunch *bunch = &import->bunch;
    struct session *session = &import->session;

    for (size_t i = 0; i < bunch->count; i++) {
        if (!bunch->writes[i])
            continue;
        session_ask(session, &bunch->asks[i]);
        whole_write(&bunch->asks[i], &bunch->wholes[i]);
        store_send(session->store, &bunch->asks[i]);
    }
    await_all(import);
    for (size_t i = 0; i < bunch->count; i++)
        bunch->writes[i] = bunch->writes[i] && was_written(import, i);
}

/* Derives the states of the connectors that were written, also of those behind a fault. */
static void settle_written(struct import *import)
{
    struct bunch *bunch = &import->bunch;
    struct session *session = &import->session;

    for (size_t i = 0; i < bunch->count; i++) {
        bunch->writes[i] = bunch->writes[i] && bunch->wholes[i].kind == WHOLE_CONNECTOR &&
                           !whole_is_deleted(&bunch->wholes[i]);
        if (!bunch->writes[i])
            continue;
        session_ask(session, &bunch->asks[i]);
        connector_settle(&bunch->asks[i], bunch->wholes[i].id);
        store_send(session->store, &bunch->asks[i]);
    }
    await_all(import);
    for (size_t i = 0; i < bunch->count; i++) {
        enum outcome outcome = bunch->asks[i].outcome;

        if (bunch->writes[i] && (outcome == AWAY || outcome == FAULTY))
            stop_away(import, bunch->lines[i], STR("it could not be written"), outcome);
    }
}

/* Reads what is there of all documents, then writes those that are wanted. If one of them may not
 * be written, those before it are, and none behind it. */
static void take_bunch(struct import *import)
{
    struct bunch *bunch = &import->bunch;

    if (import->status == COMMAND_DONE && bunch->count) {
        for (size_t i = 0; i < bunch->count; i++)
            bunch->stored[i] =
                (struct whole){ .kind = bunch->wholes[i].kind, .id = bunch->wholes[i].id };
        session_read_wholes(&import->session, bunch->stored, bunch->asks, bunch->count);
        for (size_t i = 0; i < bunch->count; i++)
            bunch->writes[i] = import->status == COMMAND_DONE && is_wanted(import, i);
        write_wanted(import);
        settle_written(import);
    }
    bunch->count = bunch->bytes = 0;
}

static bool is_in_bunch(const struct bunch *bunch, const struct whole *whole)
{
    for (size_t i = 0; i < bunch->count; i++)
        if (bunch->wholes[i].kind == whole->kind && str_equal(bunch->wholes[i].id, whole->id))
            return true;
    return false;
}

/* A document that the bunch has already finds the first one stored. */
static void add_to_bunch(struct import *import, const struct whole *whole, size_t bytes)
{
    struct bunch *bunch = &import->bunch;

    if (is_in_bunch(bunch, whole))
        take_bunch(import);
    import->documents++;
    bunch->wholes[bunch->count] = *whole;
    bunch->lines[bunch->count++] = import->line;
    bunch->bytes += bytes;
    if (bunch->count == BUNCH_MAX || bunch->bytes >= BUNCH_MAX_BYTES)
        take_bunch(import);
}

static void take_line(struct import *import, struct str bytes)
{
    struct line line;
    struct str fault = line_read(bytes, &line, import->session.arena);

    if (!fault.ptr && line.kind == LINE_DOCUMENT && import->line > 1 && !import->ended) {
        add_to_bunch(import, &line.whole, bytes.len);
        return;
    }
    take_bunch(import); /* which comes before the line */
    if (fault.ptr)
        stop(import, fault);
    else if ((line.kind == LINE_META) != (import->line == 1))
        stop(import, STR("the first line, and no other, must be of the type \"meta\""));
    else if (import->ended)
        stop(import, STR("there is something behind the line of the type \"end\""));
    else if (line.kind == LINE_END && line.documents != import->documents)
        stop(import, STR("there should be another number of documents before it"));
    import->ended = !fault.ptr && line.kind == LINE_END;
}

/* Goes over all lines. */
static void take_all(struct import *import)
{
    struct arena *arena = import->session.arena;
    struct str bytes;

    import->line = import->read = import->documents = 0;
    import->created = import->replaced = import->skipped = import->same = 0;
    import->ended = false;
    while (import->status == COMMAND_DONE && read_line(import, &bytes)) {
        take_line(import, arena_copy(arena, bytes));
        progress_show(&import->progress, import->read);
        if (!import->bunch.count)
            arena_reset(arena);
    }
    take_bunch(import);
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
