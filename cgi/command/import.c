/* import.c: reads lines of JSON as export writes them: lastsync import. */
#include "command/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/bunch.h"
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
    int file;
    bool writes;                    /* otherwise it only checks */
    const struct bunch *bunch;      /* documents that are taken together, so that Redis gets their
                                       commands in one write: */
    size_t from, to;                /* which ones of the bunch, */
    struct whole stored[BUNCH_MAX]; /* and for each what is there, */
    struct ask asks[BUNCH_MAX];
    bool wanted[BUNCH_MAX];    /* and whether it is to be written, or was, */
    bool unsettled[BUNCH_MAX]; /* and whether its state is to be derived */
    uint64_t documents, created, replaced, skipped, same;
    int status; /* the exit status of the fault that has ended it, or COMMAND_DONE */
};

/* Keeps the first fault: later ones are not printed. */
static void stop_at(struct import *import, uint64_t line, struct str what)
{
    if (import->status != COMMAND_DONE)
        return;
    progress_clear(&import->progress);
    (void)fprintf(stderr, "lastsync: line %llu: %.*s\n", (unsigned long long)line, STR_ARGS(what));
    import->status = COMMAND_FAILED;
}

/* A fault of Redis. */
static void stop_away(struct import *import, uint64_t line, struct str what, enum outcome outcome)
{
    if (import->status != COMMAND_DONE)
        return;
    stop_at(import, line, what);
    import->status = command_fail_store(outcome);
}

/* ---- documents ---- */

/* Whether a field is to be compared. A document that replaces another one continues that one's
 * version; the other two may have been derived since it was written. */
static bool is_compared(struct str name)
{
    return !str_equal(name, connector_names[CONNECTOR_VERSION]) &&
           !str_equal(name, connector_names[TOLD]) &&
           !str_equal(name, connector_names[FAILING_SINCE]);
}

static struct str line_to_compare(struct import *import, struct whole whole)
{
    struct arena *arena = import->session.arena;
    struct pair *kept = arena_take(arena, (whole.field_count + 1) * sizeof *kept);
    struct text text = text_new(arena, 4096);
    size_t count = 0;

    for (size_t i = 0; i < whole.field_count; i++)
        if (is_compared(whole.fields[i].name))
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

/* Whether an import that was ended has written the connector, but not derived its state. */
static bool is_unsettled(const struct whole *stored)
{
    return !whole_value(stored, connector_names[DUE_AT]).ptr &&
           !whole_value(stored, connector_names[NEXT_SYNCS]).ptr &&
           !whole_value(stored, connector_names[ACCESS_CONTROL_NEXT_SYNCS]).ptr;
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
    const struct whole *whole = &import->bunch->wholes[i];
    uint64_t line = import->bunch->lines[i];
    struct arena *arena = import->session.arena;
    enum outcome outcome = import->asks[i].outcome;

    if (outcome != FOUND && outcome != MISSING) {
        stop_away(import, line, STR("the stored document could not be read"), outcome);
    } else if (outcome == FOUND && is_same(import, whole, &import->stored[i])) {
        import->same++;
        import->unsettled[i] = import->writes && is_unsettled(&import->stored[i]);
    } else if (outcome == FOUND && import->options.on_conflict == ON_CONFLICT_FAIL) {
        stop_at(import, line,
                arena_format(arena,
                             "%.*s exists already, and differs; --on-conflict says what to do "
                             "then",
                             STR_ARGS(line_name(whole, arena))));
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
    uint64_t line = import->bunch->lines[i];
    struct arena *arena = import->session.arena;

    switch (import->asks[i].outcome) {
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
            stop_at(import, line,
                    arena_format(arena, "%.*s: another connector has its index name",
                                 STR_ARGS(line_name(&import->bunch->wholes[i], arena))));
        return false;
    default:
        stop_away(import, line, STR("it could not be written"), import->asks[i].outcome);
        return false;
    }
}

/* Most documents of most imports are not there: so it looks for them first, and reads those that
 * are. */
static void read_stored(struct import *import)
{
    struct session *session = &import->session;

    for (size_t i = import->from; i < import->to; i++) {
        session_ask(session, &import->asks[i]);
        whole_look(&import->asks[i], &import->bunch->wholes[i]);
        store_send(session->store, &import->asks[i]);
    }
    await_all(import);
    for (size_t i = import->from; i < import->to; i++) {
        const struct whole *whole = &import->bunch->wholes[i];

        if (import->asks[i].outcome != FOUND)
            continue;
        import->stored[i] = (struct whole){ .kind = whole->kind, .id = whole->id };
        session_ask(session, &import->asks[i]);
        whole_read(&import->asks[i], &import->stored[i]);
        store_send(session->store, &import->asks[i]);
    }
    await_all(import);
    for (size_t i = import->from; i < import->to; i++) {
        import->unsettled[i] = false;
        import->wanted[i] = import->status == COMMAND_DONE && is_wanted(import, i);
    }
}

static void write_wanted(struct import *import)
{
    struct session *session = &import->session;

    for (size_t i = import->from; i < import->to; i++) {
        if (!import->wanted[i])
            continue;
        session_ask(session, &import->asks[i]);
        whole_write(&import->asks[i], &import->bunch->wholes[i]);
        store_send(session->store, &import->asks[i]);
    }
    await_all(import);
    for (size_t i = import->from; i < import->to; i++)
        import->unsettled[i] |= import->wanted[i] && was_written(import, i);
}

/* Derives the states of the connectors that were written, also of those after a fault. */
static void settle_unsettled(struct import *import)
{
    struct session *session = &import->session;

    for (size_t i = import->from; i < import->to; i++) {
        const struct whole *whole = &import->bunch->wholes[i];

        import->unsettled[i] &= whole->kind == WHOLE_CONNECTOR && !whole_is_deleted(whole);
        if (!import->unsettled[i])
            continue;
        session_ask(session, &import->asks[i]);
        connector_settle(&import->asks[i], whole->id);
        store_send(session->store, &import->asks[i]);
    }
    await_all(import);
    for (size_t i = import->from; i < import->to; i++) {
        enum outcome outcome = import->asks[i].outcome;

        if (import->unsettled[i] && (outcome == AWAY || outcome == FAULTY))
            stop_away(import, import->bunch->lines[i], STR("it could not be written"), outcome);
    }
}

/* Where the first document that is there already, from `from` on, stands in the bunch; or its
 * end. It is taken later, and so finds the other one stored. */
static size_t find_repeated(const struct bunch *bunch, size_t from)
{
    for (size_t i = from; i < bunch->count; i++)
        for (size_t j = from; j < i; j++)
            if (bunch->wholes[i].kind == bunch->wholes[j].kind &&
                str_equal(bunch->wholes[i].id, bunch->wholes[j].id))
                return i;
    return bunch->count;
}

/* Reads what is there of all documents, then writes those that are wanted. If one of them may not
 * be written, those before it are, and none after it. */
static void take_bunch(struct import *import, const struct bunch *bunch)
{
    import->bunch = bunch;
    for (size_t from = 0; from < bunch->count && import->status == COMMAND_DONE;) {
        import->from = from;
        import->to = from = find_repeated(bunch, from);
        import->documents += import->to - import->from;
        read_stored(import);
        write_wanted(import);
        settle_unsettled(import);
        arena_reset(import->session.arena);
    }
}

static void fail_to_read(struct import *import, const char *path)
{
    (void)fprintf(stderr, "lastsync: %s cannot be read: %s\n", path ? path : "-", strerror(errno));
    import->status = COMMAND_FAILED;
}

/* Goes over all lines. */
static void take_all(struct import *import)
{
    struct bunches *bunches = bunches_open(import->file);
    const struct bunch *bunch;
    bool is_last = false;

    import->documents = import->created = import->replaced = import->skipped = import->same = 0;
    if (!bunches) {
        fail_to_read(import, NULL);
        return;
    }
    while (import->status == COMMAND_DONE && (bunch = bunches_next(bunches))) {
        take_bunch(import, bunch);
        if (bunch->fault.ptr)
            stop_at(import, bunch->line, bunch->fault);
        progress_show(&import->progress, bunch->read);
        is_last = bunch->is_last;
    }
    if (import->status == COMMAND_DONE && !is_last)
        import->status = COMMAND_INTERRUPTED + session_signal();
    progress_clear(&import->progress);
    bunches_close(bunches);
}

/* ---- the command ---- */

/* A file is checked from beginning to end before any of it is written. */
static void run(struct import *import, const char *path)
{
    bool from_file = path && strcmp(path, "-") != 0;
    struct stat stat = { .st_size = 0 };
    uint64_t keys;

    import->status = session_measure(&import->session, &keys);
    if (import->status != COMMAND_DONE)
        return;
    import->file = from_file ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (import->file < 0 || fstat(import->file, &stat)) {
        fail_to_read(import, path);
        return;
    }
    if (S_ISREG(stat.st_mode) && lseek(import->file, 0, SEEK_CUR) == 0) {
        import->progress = progress_begin("bytes looked at", (uint64_t)stat.st_size);
        take_all(import);
        if (lseek(import->file, 0, SEEK_SET))
            fail_to_read(import, path);
    }
    import->writes = true;
    import->progress = progress_begin("bytes", (uint64_t)stat.st_size);
    if (import->status == COMMAND_DONE)
        take_all(import);
    if (from_file)
        (void)close(import->file);
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
          "what to do with a document that exists already, and differs: fail, skip or replace",
          .words = conflict_words },
    };
    static const struct option_table table = { rows, 1 };
    static struct import import;
    const char *path = NULL;
    struct command_line line = {
        .usage = "import [option ...] [FILE]",
        .help = "Reads the output of lastsync export, from a file or from standard input (-). It "
                "can be\nrepeated.",
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
    session_close(&import.session);
    return import.status;
}
