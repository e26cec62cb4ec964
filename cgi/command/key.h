/* key.h: lastsync key: makes, lists and revokes keys of access control. */
#ifndef LASTSYNC_COMMAND_KEY_H
#define LASTSYNC_COMMAND_KEY_H

/* Runs the command, "key create|list|revoke"; see struct command_row. */
int key_run(int count, char **arguments);

#endif
