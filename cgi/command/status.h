/* status.h: lastsync status. */
#ifndef LASTSYNC_COMMAND_STATUS_H
#define LASTSYNC_COMMAND_STATUS_H

/* Runs the command; see struct command_row. */
int status_run(int count, char **arguments);

#endif
