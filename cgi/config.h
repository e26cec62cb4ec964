/* config.h: the options of the service and of its commands, from one table: flags, environment
 * variables, a file, defaults and help. */
#ifndef LASTSYNC_CONFIG_H
#define LASTSYNC_CONFIG_H

#include "base/option.h"
#include "store/redis/store.h"

enum {
    CONFIG_ADDRESS_MAX = 1024, /* bytes of the address of Redis, and of a password file's path */
    CONFIG_CLUSTER_SHARDS = 64 /* the number of shards for the data of a new cluster */
};

struct config {
    const char *file; /* the configuration file, or empty */
    bool check;       /* only check and print the options */
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
    uint64_t slow_limit;
    uint64_t metrics_connectors;
    uint64_t answer_limit;
    uint64_t shards; /* 0: 1 on one Redis, CONFIG_CLUSTER_SHARDS in a cluster */
    const char *acknowledge_replicas;
    uint64_t acknowledge_timeout;
    unsigned acknowledge; /* the value of that; see ask.h */
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
    struct str proxy_secret; /* its content; absent if no file is named */

    struct store_address address; /* from the options of Redis; its texts are in the rooms below */
    char address_room[CONFIG_ADDRESS_MAX];
    char password_path[CONFIG_ADDRESS_MAX], sentinel_password_path[CONFIG_ADDRESS_MAX];
    char masked_redis[CONFIG_ADDRESS_MAX + 8]; /* `redis` without a password, for the log */
};

/* Gives the store's settings from the options. The configuration must outlive them. */
struct ask_settings config_settings(const struct config *config);

/* The version of lastsync. */
extern const char config_version[];

enum config_result {
    CONFIG_READ,
    CONFIG_DONE, /* --help, --version or --check-config was given, and the output printed */
    CONFIG_WRONG /* a message on standard error says what is wrong */
};

/* Gives the exit status of a process that only read its options: 0, or 78 (EX_CONFIG). */
int config_status(enum config_result result);

/* Reads the options of the service. A flag (--body-limit 100 or --body-limit=100) wins over its
 * environment variable (LASTSYNC_BODY_LIMIT), that over a line of the file that --config names
 * (body-limit=100), and that over the default. Texts live as long as the process. It also sets up
 * logging. A wrong option gives CONFIG_WRONG, after a message on standard error. */
enum config_result config_read(struct config *config, int count, char **arguments);

/* The arguments that a command takes. */
struct command_line {
    const char *usage;              /* "key create [option ...] NAME", without the program's name */
    const char *help;               /* its help, of one or more lines */
    const struct option_table *own; /* further options, flags only. NULL: none */
    void *own_place;                /* the struct that its own options fill in */
    const char **words;             /* room for words_most words that are not flags */
    size_t words_least, words_most;
    size_t word_count; /* how many there were */
};

/* Reads a command's common options (the address of Redis, for example) as config_read does, its own
 * options from flags, and its words. arguments[0] is the command's name and is ignored. --help
 * prints the command's help. */
enum config_result config_read_command(struct config *config, struct command_line *line, int count,
                                       char **arguments);

#endif
