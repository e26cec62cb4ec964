/* import.h: lastsync import. */
#ifndef LASTSYNC_COMMAND_IMPORT_H
#define LASTSYNC_COMMAND_IMPORT_H

/* Runs the command; see struct command_row. */
int import_run(int count, char **arguments);

#endif
