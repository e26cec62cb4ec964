/* export.h: lastsync export. */
#ifndef LASTSYNC_COMMAND_EXPORT_H
#define LASTSYNC_COMMAND_EXPORT_H

/* Runs the command; see struct command_row. */
int export_run(int count, char **arguments);

#endif
