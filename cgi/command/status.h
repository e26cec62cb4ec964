/* status.h: lastsync status. */
#ifndef LASTSYNC_COMMAND_STATUS_H
#define LASTSYNC_COMMAND_STATUS_H

/* As a row of the table of commands. */
int status_run(int count, char **arguments);

#endif
