/* command.c: the table of commands, and how they run. */
#include "command/command.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "base/help.h"
#include "base/instant.h"
#include "base/suggest.h"
#include "command/check.h"
#include "command/export.h"
#include "command/import.h"
#include "command/key.h"
#include "command/notify.h"
#include "command/status.h"
#include "store/schema/schema.h"

/* Milliseconds. */
enum {
    TELL_AFTER = 1000, /* until the first message on why nothing happens */
    LOOK_AGAIN = 100   /* between two looks at a Redis that cannot serve now */
};

static int run_help(int count, char **arguments);

/* clang-format off */
static const struct command_row commands[] = {
    { "status", "prints how all connectors are, the worst first", status_run },
    { "check",  "compares the indexes in Redis with the documents, and can mend them", check_run },
    { "export", "writes all documents as lines of JSON", export_run },
    { "import", "reads the output of export", import_run },
    { "help", "prints what lastsync, or a command, does", run_help },
    { "key",  "makes, lists and revokes the keys that clients of the API send", key_run },
    { "notify", "tells webhooks, Slack, Alertmanager or mailboxes when connectors fail and recover", notify_run },
};
/* clang-format on */

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0], EXPLANATION_COLUMN = 16 };

static void print_row(const struct command_row *command)
{
    char name[EXPLANATION_COLUMN];

    (void)snprintf(name, sizeof name, "  %s ", command->name);
    help_print(stdout, help_columns(), EXPLANATION_COLUMN, name, str_from(command->help));
}

void command_print_list(void)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        print_row(&commands[i]);
}

static void fail_name(const char *name)
{
    struct arena *arena = arena_new();
    struct str names[COMMAND_COUNT], like;

    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = str_from(commands[i].name);
    like = suggest(str_from(name), names, COMMAND_COUNT, arena);
    (void)fprintf(stderr,
                  "lastsync: there is no command \"%s\"%s%.*s; lastsync --help names them\n", name,
                  like.len ? "," : "", STR_ARGS(like));
    arena_free(arena);
}

static const struct command_row *find(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    fail_name(name);
    return NULL;
}

bool command_run(int count, char **arguments, int *status)
{
    const struct command_row *command;

    if (count < 2 || arguments[1][0] == '-')
        return false;
    command = find(arguments[1]);
    *status = command ? command->run(count - 1, arguments + 1) : COMMAND_MISUSED;
    return true;
}

/* Whether Redis serves: any reply to the ask proves it. */
static enum outcome look(struct store *store, const struct ask_settings *settings,
                         struct arena *arena)
{
    struct str version;
    struct ask ask;

    arena_reset(arena);
    ask_open(&ask, arena, settings);
    schema_read(&ask, &version);
    return command_await(store, &ask);
}

struct store *command_open_store(const struct config *config, struct ask_settings *settings)
{
    struct store *store = store_open(&config->address, settings, (int)config->patience);
    int64_t began = instant_ticks(), told = began + TELL_AFTER;
    struct arena *arena = arena_new();

    while (look(store, settings, arena) == AWAY) {
        int64_t now = instant_ticks(), left = began + (int64_t)config->patience - now;
        int wait = store_tick(store);

        if (left <= 0)
            break;
        if (now >= told) {
            (void)fprintf(stderr, "lastsync: Redis does not serve yet; trying for %lld s more\n",
                          (long long)(left + 999) / 1000);
            told = INT64_MAX;
        }
        wait = wait < 0 ? LOOK_AGAIN : wait;
        (void)poll(NULL, 0, wait < left ? wait : (int)left);
    }
    arena_free(arena);
    return store;
}

enum outcome command_await(struct store *store, struct ask *ask)
{
    store_send(store, ask);
    while (ask->outcome == ASKING)
        store_flush(store);
    return ask->outcome;
}

int command_print(struct str text)
{
    if (fwrite(text.ptr, 1, text.len, stdout) == text.len && fflush(stdout) == 0)
        return COMMAND_DONE;
    return command_fail_output(errno);
}

int command_fail_output(int error)
{
    (void)fprintf(stderr, "lastsync: it cannot be written: %s\n", strerror(error));
    return COMMAND_FAILED;
}

int command_fail_store(enum outcome outcome)
{
    if (outcome_sentence(outcome).ptr)
        (void)fprintf(stderr, "lastsync: %.*s\n", STR_ARGS(outcome_sentence(outcome)));
    else
        (void)fprintf(stderr, outcome == AWAY ? "lastsync: Redis is away, or cannot serve now\n"
                                              : "lastsync: Redis refuses to serve\n");
    return COMMAND_UNAVAILABLE;
}

/* ---- help ---- */

static int run_help(int count, char **arguments)
{
    static char flag[] = "--help", program[] = "lastsync";
    const struct command_row *command =
        count > 1 && arguments[1][0] != '-' ? find(arguments[1]) : NULL;
    struct config config;

    if (command && command->run != run_help)
        return command->run(2, (char *[]){ arguments[1], flag, NULL });
    if (count > 1 && !command)
        return COMMAND_MISUSED;
    return config_status(config_read(&config, 2, (char *[]){ program, flag, NULL }));
}
