/* bunch.h: reads the lines of an export in bunches, in a thread: the next bunch is read and checked
 * while Redis has the last one. */
#ifndef LASTSYNC_COMMAND_BUNCH_H
#define LASTSYNC_COMMAND_BUNCH_H

#include "command/line.h"

enum {
    BUNCH_MAX = 128,              /* documents that are taken at once */
    BUNCH_MAX_BYTES = 1024 * 1024 /* the bytes of their lines with which a bunch is full */
};

/* Documents that stand behind each other in the file, and what is wrong behind them. */
struct bunch {
    struct arena *arena; /* has all of it */
    struct whole wholes[BUNCH_MAX];
    uint64_t lines[BUNCH_MAX]; /* their lines in the file */
    size_t count;
    uint64_t read; /* the bytes of the file up to here */
    bool is_last;
    struct str fault; /* why it is the last one; absent at the end of an export in order */
    uint64_t line;    /* where the fault is */
};

struct bunches;

/* Begins to read from a descriptor, which stays open; NULL, with errno, if there can be no
 * thread. */
struct bunches *bunches_open(int file);

/* Waits for the next bunch, which lives until the next call; NULL behind the last one, or if a
 * signal has come (see session_signal). */
const struct bunch *bunches_next(struct bunches *bunches);

/* Ends the thread, also in the middle of the file. */
void bunches_close(struct bunches *bunches);

#endif
