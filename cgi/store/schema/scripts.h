/* scripts.h: the Lua scripts, embedded when lastsync is built, each from the file of its name, with
 * the parts that lua.awk includes. */
#ifndef LASTSYNC_SCRIPTS_H
#define LASTSYNC_SCRIPTS_H

#include "store/redis/ask.h"

extern const struct script script_care;
extern const struct script script_change;
extern const struct script script_delete;
extern const struct script script_end;
extern const struct script script_history;
extern const struct script script_job_delete;
extern const struct script script_job_put;
extern const struct script script_job_update;
extern const struct script script_lease;
extern const struct script script_lengths;
extern const struct script script_mute;
extern const struct script script_muted;
extern const struct script script_notices_done;
extern const struct script script_notices_read;
extern const struct script script_notices_waiting;
extern const struct script script_put;
extern const struct script script_release;
extern const struct script script_rename;
extern const struct script script_replace;
extern const struct script script_report;
extern const struct script script_reserve;
extern const struct script script_rows;
extern const struct script script_strike;
extern const struct script script_tick;
extern const struct script script_types;
extern const struct script script_update;
extern const struct script script_withdraw;

#endif
