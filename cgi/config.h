/* config.h: the options of the service and of its commands, from one table: flags, environment
 * variables, a file, defaults and help. */
#ifndef LASTSYNC_CONFIG_H
#define LASTSYNC_CONFIG_H

#include "base/option.h"
#include "store/redis/store.h"

enum {
    CONFIG_ADDRESS_MAX = 1024, /* bytes of where Redis is, and of a password file's path */
    CONFIG_CLUSTER_SHARDS = 64 /* into which the data of a new cluster is parted */
};

struct config {
    const char *file; /* the configuration file, or empty */
    bool check;       /* only check, and print, the options */
    const char *listen;
    const char *redis;
    const char *redis_user;
    const char *redis_password_file;
    const char *sentinel_user;
    const char *sentinel_password_file;
    const char *redis_ca_file;
    const char *redis_certificate_file, *redis_key_file;
    const char *key_prefix;
    uint64_t workers;
    uint64_t deadline;
    uint64_t patience; /* of commands */
    uint64_t body_limit;
    uint64_t depth_limit;
    uint64_t member_limit;
    uint64_t batch_limit;
    uint64_t connection_limit;
    uint64_t metrics_connectors;
    uint64_t answer_limit;
    uint64_t shards; /* 0: 1 on one Redis, CONFIG_CLUSTER_SHARDS in a cluster */
    const char *acknowledge_replicas;
    uint64_t acknowledge_timeout;
    unsigned acknowledge; /* what that says; see ask.h */
    const char *elasticsearch_version;
    uint64_t history;
    uint64_t days;
    uint64_t events;
    uint64_t max_age;
    uint64_t late_grace;
    uint64_t log_format; /* enum log_format */
    uint64_t log_level;  /* enum log_level */
    bool require_durable;
    uint64_t access; /* enum access_mode */
    const char *proxy_secret_file;
    struct str proxy_secret; /* what is in it; absent where none is named */

    struct store_address address; /* what the options of Redis say, with its texts in the rooms */
    char address_room[CONFIG_ADDRESS_MAX];
    char password_path[CONFIG_ADDRESS_MAX], sentinel_password_path[CONFIG_ADDRESS_MAX];
    char masked_redis[CONFIG_ADDRESS_MAX + 8]; /* `redis` without a password, for the log */
};

/* What the options say to the store. The configuration must outlive it. */
struct ask_settings config_settings(const struct config *config);

/* The version of lastsync. */
extern const char config_version[];

enum config_result {
    CONFIG_READ,
    CONFIG_DONE, /* it was --help, --version or --check-config, which were printed */
    CONFIG_WRONG /* it said so on standard error */
};

/* What a process that only read its options exits with: 0, or 78 (EX_CONFIG). */
int config_status(enum config_result result);

/* Reads the options of the service. A flag (--body-limit 100 or --body-limit=100) wins over its
 * environment variable (LASTSYNC_BODY_LIMIT), that over a line of the file that --config names
 * (body-limit=100), and that over the default. Texts live as long as the process. Logging is set
 * up by them. */
enum config_result config_read(struct config *config, int count, char **arguments);

/* What a command takes. */
struct command_line {
    const char *usage;              /* "key create [option ...] NAME", without the program's name */
    const char *help;               /* what it does, in one or more lines */
    const struct option_table *own; /* options besides the common ones; flags only. NULL: none */
    void *own_place;                /* the struct that they fill in */
    const char **words;             /* room for words_most words that are no flags */
    size_t words_least, words_most;
    size_t word_count; /* how many came */
};

/* Reads a command's options: those of the common ones (where Redis is, and the like) as config_read
 * does, its own ones from flags, and its words. arguments[0] is the command's name and not looked
 * at. --help prints its help. */
enum config_result config_read_command(struct config *config, struct command_line *line, int count,
                                       char **arguments);

#endif
