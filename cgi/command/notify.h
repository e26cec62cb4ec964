/* notify.h: lastsync notify. */
#ifndef LASTSYNC_COMMAND_NOTIFY_H
#define LASTSYNC_COMMAND_NOTIFY_H

/* As a row of the table of commands. */
int notify_run(int count, char **arguments);

#endif
