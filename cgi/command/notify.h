/* notify.h: lastsync notify. */
#ifndef LASTSYNC_COMMAND_NOTIFY_H
#define LASTSYNC_COMMAND_NOTIFY_H

/* Runs the command; see struct command_row. */
int notify_run(int count, char **arguments);

#endif
