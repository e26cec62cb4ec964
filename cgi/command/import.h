/* import.h: lastsync import. */
#ifndef LASTSYNC_COMMAND_IMPORT_H
#define LASTSYNC_COMMAND_IMPORT_H

/* As a row of the table of commands. */
int import_run(int count, char **arguments);

#endif
