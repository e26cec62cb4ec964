/* export.h: lastsync export. */
#ifndef LASTSYNC_COMMAND_EXPORT_H
#define LASTSYNC_COMMAND_EXPORT_H

/* As a row of the table of commands. */
int export_run(int count, char **arguments);

#endif
