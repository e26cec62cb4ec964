/* systemd.h: tells systemd that the process serves (sd_notify(3), without its library). */
#ifndef LASTSYNC_SYSTEMD_H
#define LASTSYNC_SYSTEMD_H

/* Says READY=1 on the socket that the environment names; does nothing if it names none. A unit with
 * Type=notify has started then, and not before: its start fails if an option is wrong. */
void systemd_tell_ready(void);

#endif
