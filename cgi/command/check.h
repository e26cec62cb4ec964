/* check.h: lastsync check. */
#ifndef LASTSYNC_COMMAND_CHECK_H
#define LASTSYNC_COMMAND_CHECK_H

/* Runs the command; see struct command_row. */
int check_run(int count, char **arguments);

#endif
