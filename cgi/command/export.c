/* export.c: writes all documents as lines of JSON: lastsync export. */
#include "command/export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/line.h"
#include "command/progress.h"
#include "command/readable.h"
#include "command/session.h"
#include "store/upkeep/scan.h"

enum { DOCUMENTS_AT_ONCE = 20, PATH_MAX_BYTES = 4096, LINKS_MAX = 40 };

#define PART_ENDING ".part"

struct export_options {
    bool keys, no_secrets;
};

struct export
{
    struct session session;
    struct export_options options;
    struct progress progress;
    FILE *file;
    char path[PATH_MAX_BYTES]; /* of a regular file: its path, with all links resolved */
    char part[PATH_MAX_BYTES]; /* the path of the partial file until it is whole; else empty */
    uint64_t documents;
    int status; /* the exit status of the fault that has ended it, or COMMAND_DONE */
};

static void stop(struct export *export, const char *format, struct str name)
{
    progress_clear(&export->progress);
    (void)fprintf(stderr, format, STR_ARGS(name));
    export->status = COMMAND_FAILED;
}

/* ---- the file ---- */

static bool fail_to_open(const char *path, int error)
{
    (void)fprintf(stderr, "lastsync: %s cannot be written: %s\n", path, strerror(error));
    return false;
}

/* Replaces a symbolic link by the path that it leads to, even if nothing exists there. */
static bool follow_links(char path[PATH_MAX_BYTES])
{
    char target[PATH_MAX_BYTES];
    ssize_t length;

    for (int links = 0; (length = readlink(path, target, sizeof target)) >= 0; links++) {
        char *slash = strrchr(path, '/');
        size_t folder = slash && target[0] != '/' ? (size_t)(slash + 1 - path) : 0;

        if (links == LINKS_MAX || folder + (size_t)length + sizeof PART_ENDING > PATH_MAX_BYTES)
            return false;
        memcpy(path + folder, target, (size_t)length);
        path[folder + (size_t)length] = '\0';
    }
    return true;
}

/* Opens a file beside the requested one, and replaces that when the file is whole. Nobody else may
 * read it: it may hold secrets. */
static bool open_part(struct export *export, const char *path)
{
    size_t length = strlen(path);
    int descriptor;

    if (length + sizeof PART_ENDING > PATH_MAX_BYTES)
        return fail_to_open(path, ENAMETOOLONG);
    memcpy(export->path, path, length + 1);
    if (!follow_links(export->path))
        return fail_to_open(path, ELOOP);
    (void)snprintf(export->part, sizeof export->part, "%s" PART_ENDING, export->path);
    (void)unlink(export->part);
    descriptor = open(export->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    export->file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    return export->file || fail_to_open(export->part, errno);
}

/* A pipe or a device is written directly, and so is another name of standard output. */
static bool open_file(struct export *export, const char *path)
{
    struct stat status, output;
    bool there = stat(path, &status) == 0;

    if (there && fstat(STDOUT_FILENO, &output) == 0 && status.st_dev == output.st_dev &&
        status.st_ino == output.st_ino)
        return true;
    if (!there || S_ISREG(status.st_mode))
        return open_part(export, path);
    export->file = fopen(path, "we");
    return export->file || fail_to_open(path, errno);
}

/* Puts a whole file into its place, and removes a partial one. */
static void close_file(struct export *export)
{
    bool failed = fflush(export->file) != 0;

    if (export->part[0])
        failed = failed || fsync(fileno(export->file)) != 0;
    if (export->file != stdout)
        failed = fclose(export->file) != 0 || failed;
    if (export->part[0]) {
        if (!failed && export->status == COMMAND_DONE)
            failed = rename(export->part, export->path) != 0;
        if (failed || export->status != COMMAND_DONE)
            (void)unlink(export->part);
    }
    if (failed && export->status == COMMAND_DONE)
        stop(export, "lastsync: it cannot be written: %.*s\n", str_from(strerror(errno)));
}

static void write_text(struct export *export, const struct text *text)
{
    if (fwrite(text->ptr, 1, text->len, export->file) != text->len &&
        export->status == COMMAND_DONE)
        stop(export, "lastsync: it cannot be written: %.*s\n", str_from(strerror(errno)));
}

/* ---- documents ---- */

static void write_whole(struct export *export, struct whole *whole)
{
    struct arena *arena = export->session.arena;
    struct text text = text_new(arena, 4096);
    struct str fault = readable_fault(whole, arena);

    if (export->status != COMMAND_DONE)
        return;
    if (fault.ptr || !whole_is_complete(whole)) {
        stop(export, "lastsync: %.*s cannot be read: lastsync check says more\n",
             line_name(whole, arena));
        return;
    }
    if (export->options.no_secrets)
        whole->has_secrets = false;
    line_add_document(&text, whole);
    if (text.len - 1 > LINE_MAX_BYTES) { /* a newline is behind it */
        stop(export, "lastsync: %.*s is too large: an import reads lines of 67108864 bytes\n",
             line_name(whole, arena));
        return;
    }
    write_text(export, &text);
    export->documents++;
}

static void write_wholes(struct export *export, struct whole *wholes, size_t count)
{
    struct session *session = &export->session;
    struct ask asks[DOCUMENTS_AT_ONCE];

    session_read_wholes(session, wholes, asks, count);
    for (size_t i = 0; i < count && export->status == COMMAND_DONE; i++) {
        if (asks[i].outcome == FOUND)
            write_whole(export, &wholes[i]);
        else if (asks[i].outcome != MISSING)
            export->status = command_fail_store(asks[i].outcome);
    }
    arena_reset(session->arena);
}

/* Whether a key belongs to a document that is to be written. */
static bool is_wanted(const struct export *export, const struct key_parts *parts,
                      struct whole *whole)
{
    *whole = (struct whole){ .id = parts->name };
    switch (parts->kind) {
    case KEY_CONNECTOR:
        whole->kind = WHOLE_CONNECTOR;
        return true;
    case KEY_SYNC_JOB:
        whole->kind = WHOLE_SYNC_JOB;
        return true;
    case KEY_ACCESS:
        whole->kind = WHOLE_KEY;
        return export->options.keys;
    case KEY_SECRET:
        whole->kind = WHOLE_SECRET;
        return !export->options.no_secrets;
    default:
        return false;
    }
}

static void write_page(struct export *export, struct ask *ask, const struct scan *scan)
{
    struct whole wholes[DOCUMENTS_AT_ONCE];
    size_t count = 0;

    for (size_t i = 0; i < scan->count && export->status == COMMAND_DONE; i++) {
        struct key_parts parts = key_read(ask, scan->found[i].text);

        if (str_equal(scan->found[i].type, STR("hash")) &&
            is_wanted(export, &parts, &wholes[count]))
            count++;
        if (count < DOCUMENTS_AT_ONCE)
            continue;
        write_wholes(export, wholes, count);
        count = 0;
    }
    if (export->status == COMMAND_DONE)
        write_wholes(export, wholes, count);
}

static void write_all(struct export *export)
{
    struct arena *arena = arena_new();
    struct scan scan = { .ended = false };
    uint64_t done = 0;
    struct ask ask;

    while (!scan.ended && export->status == COMMAND_DONE) {
        ask_open(&ask, arena, &export->session.settings);
        scan_keys(&ask, &scan);
        if (command_await(export->session.store, &ask) != FOUND)
            export->status = command_fail_store(ask.outcome);
        else
            write_page(export, &ask, &scan);
        done += scan.count;
        progress_show(&export->progress, done);
        if (session_signal())
            export->status = COMMAND_INTERRUPTED + session_signal();
        arena_reset(arena);
    }
    arena_free(arena);
}

/* ---- the command ---- */

static void warn_of_secrets(const struct export *export)
{
    if (!export->options.no_secrets && isatty(STDERR_FILENO))
        (void)fprintf(stderr, "lastsync: the export holds secrets, such as the values of "
                              "configurations; --no-secrets omits them\n");
}

static void run(struct export *export, const char *path)
{
    bool to_file = path && strcmp(path, "-") != 0;
    struct text text;
    uint64_t keys;

    export->status = session_measure(&export->session, &keys);
    if (export->status != COMMAND_DONE)
        return;
    export->file = stdout;
    if (to_file && !open_file(export, path)) {
        export->status = COMMAND_FAILED;
        return;
    }
    warn_of_secrets(export);
    export->progress = progress_begin("keys", keys);
    text = text_new(export->session.arena, 256);
    line_add_meta(&text);
    write_text(export, &text);
    write_all(export);
    text = text_new(export->session.arena, 256);
    line_add_end(&text, export->documents);
    if (export->status == COMMAND_DONE)
        write_text(export, &text);
    progress_clear(&export->progress);
    close_file(export);
    if (export->status == COMMAND_DONE && !export->documents)
        (void)fprintf(stderr, "lastsync: the export is empty: this database has no documents\n");
}

int export_run(int count, char **arguments)
{
    static const struct option rows[] = {
        { "keys", OPTION_FLAG, offsetof(struct export_options, keys), "false",
          "with the keys of access control, and the digests of their secrets" },
        { "no-secrets", OPTION_FLAG, offsetof(struct export_options, no_secrets), "false",
          "without connector secrets, configurations, ids of API keys, and the connectors in sync "
          "jobs" },
    };
    static const struct option_table table = { rows, 2 };
    static struct export export;
    const char *path = NULL;
    struct command_line line = {
        .usage = "export [option ...] [FILE]",
        .help = "Writes all connectors and sync jobs as lines of JSON, into a file or to standard "
                "output (-).\nWhat targets of notifications were told is not exported.",
        .own = &table,
        .own_place = &export.options,
        .words = &path,
        .words_most = 1
    };
    enum config_result result =
        config_read_command(&export.session.config, &line, count, arguments);

    if (result != CONFIG_READ)
        return config_status(result);
    session_catch_signals();
    session_open(&export.session, SCHEMA_READ);
    run(&export, path);
    session_close(&export.session);
    return export.status;
}
