/* scripts.h: the Lua scripts, embedded when lastsync is built, each from the file of its name. */
#ifndef LASTSYNC_SCRIPTS_H
#define LASTSYNC_SCRIPTS_H

#include "store/redis/ask.h"

extern const struct script script_claim;
extern const struct script script_delete;
extern const struct script script_history;
extern const struct script script_look;
extern const struct script script_put;
extern const struct script script_release;
extern const struct script script_relist;
extern const struct script script_rename;
extern const struct script script_report;
extern const struct script script_restore;
extern const struct script script_settle;
extern const struct script script_sweep;
extern const struct script script_takeover;
extern const struct script script_update;
extern const struct script script_update_secrets;

#endif
