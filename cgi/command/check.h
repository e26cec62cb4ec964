/* check.h: lastsync check. */
#ifndef LASTSYNC_COMMAND_CHECK_H
#define LASTSYNC_COMMAND_CHECK_H

/* As a row of the table of commands. */
int check_run(int count, char **arguments);

#endif
