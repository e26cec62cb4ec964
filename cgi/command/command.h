/* command.h: what lastsync does besides serving: "lastsync WORD ...". */
#ifndef LASTSYNC_COMMAND_H
#define LASTSYNC_COMMAND_H

#include "config.h"

/* What commands exit with, after sysexits.h. */
enum {
    COMMAND_DONE = 0,
    COMMAND_FAILED = 1,       /* what was asked for could not be done, or is not so */
    COMMAND_MISUSED = 64,     /* there is no such command */
    COMMAND_UNAVAILABLE = 69, /* Redis is away, or refuses */
    COMMAND_MISCONFIGURED = 78,
    COMMAND_INTERRUPTED = 128 /* and the number of the signal, as shells have it */
};

/* A row of the table of commands. run() gets what the command line holds from the command's name
 * on, reads it by config_read_command, and gives what the process exits with. */
struct command_row {
    const char *name;
    const char *help; /* a line */
    int (*run)(int count, char **arguments);
};

/* Whether the command line (arguments[0] is the program) is a command's: then it is run, and
 * *status is what the process exits with. */
bool command_run(int count, char **arguments, int *status);

/* Prints a line of help for each command. */
void command_print_list(void);

/* ---- for commands ---- */

/* Opens a store, and waits for as long as --patience says until Redis lets it in and serves, or
 * refuses: what the log has said of it is why. The first ask then tells which it was. */
struct store *command_open_store(const struct config *config, struct ask_settings *settings);

/* Sends an ask that an operation has made ready, and waits for its outcome. */
enum outcome command_await(struct store *store, struct ask *ask);

/* Says on standard error why an outcome of AWAY or FAULTY is the end, and gives what to exit with.
 */
int command_fail_store(enum outcome outcome);

#endif
