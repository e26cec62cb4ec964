/* config.h: the options: flags, environment variables, defaults and help from one table. */
#ifndef LASTSYNC_CONFIG_H
#define LASTSYNC_CONFIG_H

#include "server/loop.h"
#include "store/store.h"

struct config {
    const char *listen;
    const char *redis;
    const char *key_prefix;
    uint64_t workers;
    uint64_t body_limit;
    uint64_t depth_limit;
    uint64_t member_limit;
    uint64_t batch_limit;
    uint64_t connection_limit;
    uint64_t deadline;
    uint64_t history;
    uint64_t max_age;
    uint64_t late_grace;
    struct store_address address; /* what `redis` says, with its texts in the room */
    char address_room[512];
};

enum config_result { CONFIG_READ, CONFIG_DONE, CONFIG_WRONG };

/* Reads the options: a flag (--body-limit 100 or --body-limit=100) before its environment variable
 * (LASTSYNC_BODY_LIMIT), that before the default. CONFIG_DONE after --help or --version, which were
 * printed; CONFIG_WRONG after a sentence on standard error. Texts live as long as the process. */
enum config_result config_read(struct config *config, int count, char **arguments);

#endif
