/* command.h: the commands of lastsync: "lastsync WORD ...". */
#ifndef LASTSYNC_COMMAND_H
#define LASTSYNC_COMMAND_H

#include "config.h"

/* The exit statuses of commands, after sysexits.h. */
enum {
    COMMAND_DONE = 0,
    COMMAND_FAILED = 1,       /* the command could not do it, or a check found a fault */
    COMMAND_MISUSED = 64,     /* there is no such command, or none of this word behind key */
    COMMAND_UNAVAILABLE = 69, /* Redis is away, or refuses */
    COMMAND_UNWRITTEN = 74,   /* of status: its output could not be written */
    COMMAND_MISCONFIGURED = 78,
    COMMAND_INTERRUPTED = 128 /* plus the number of the signal, as in shells */
};

/* A row of the table of commands. run() takes the command line from the command's name on, reads it
 * with config_read_command, and gives the exit status. */
struct command_row {
    const char *name;
    const char *help; /* a line */
    int (*run)(int count, char **arguments);
};

/* If the command line (arguments[0] is the program) names a command, runs it, sets *status to the
 * exit status and gives true. */
bool command_run(int count, char **arguments, int *status);

/* Prints a line of help for each command. */
void command_print_list(void);

/* ---- for commands ---- */

/* Opens a store, and waits until Redis serves it or refuses, at most for the time of --patience.
 * The log says why Redis refuses; the outcome of the first ask tells which of these happened. */
struct store *command_open_store(const struct config *config, struct ask_settings *settings);

/* Sends an ask that an operation has made ready, waits for its outcome and gives it. */
enum outcome command_await(struct store *store, struct ask *ask);

/* Writes a text to standard output: COMMAND_DONE. If that fails, says why on standard error, and
 * gives COMMAND_FAILED. */
int command_print(struct str text);

/* Says on standard error that the output cannot be written, by an errno; gives COMMAND_FAILED. */
int command_fail_output(int error);

/* Explains an outcome with which the store did not serve on standard error, and gives the exit
 * status. */
int command_fail_store(enum outcome outcome);

#endif
