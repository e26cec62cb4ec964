/* config.c: the table of options, and how they are read. */
#include "config.h"

#include <stdlib.h>
#include <sysexits.h>

#include "api/common/role.h"
#include "base/help.h"
#include "base/json.h"
#include "base/log.h"
#include "base/number.h"
#include "command/command.h"
#include "server/loop.h"
#include "server/pool.h"
#include "store/schema/schema.h"

#ifndef VERSION
#define VERSION "0.1.0"
#endif

const char config_version[] = VERSION;

#define PLACE(member) offsetof(struct config, member)

/* clang-format off */
static const struct option rows[] = {
    { "config",              OPTION_TEXT,   PLACE(file),                "",                         "a file of lines name=value with these options", .common = true, .weakest = OPTION_VARIABLE },
    { "check-config",        OPTION_FLAG,   PLACE(check),               "false",                    "prints the value in force of each option and its source, and ends", .weakest = OPTION_ARGUMENT },
    { "listen",              OPTION_TEXT,   PLACE(listen),              "",                         "unix:/path or host:port to serve FastCGI on; without it, the socket that is descriptor 0" },
    { "redis",               OPTION_TEXT,   PLACE(redis),               "redis://127.0.0.1:6379/0", "unix:/path[?db=N], redis://host[:port][/N], redis+cluster://host[:port][,...] or redis+sentinel://host[:port][,...]/name[/N]; rediss for TLS", .common = true },
    { "redis-user",          OPTION_TEXT,   PLACE(redis_user),          "",                         "Redis's user (ACL), with a password", .common = true },
    { "redis-password-file", OPTION_TEXT,   PLACE(redis_password_file), "",                         "a file with the password for Redis in its first line", .common = true },
    { "sentinel-user",       OPTION_TEXT,   PLACE(sentinel_user),       "",                         "the sentinels' user (ACL), with a password", .common = true },
    { "sentinel-password-file", OPTION_TEXT, PLACE(sentinel_password_file), "",                      "a file with the password for the sentinels in its first line", .common = true },
    { "redis-ca-file",       OPTION_TEXT,   PLACE(redis_ca_file),       "",                         "with TLS: the certificates of the authorities that may sign Redis's; without it, the system's", .common = true },
    { "redis-certificate-file", OPTION_TEXT, PLACE(redis_certificate_file), "",                      "with TLS: the certificate to show to Redis, with its chain", .common = true },
    { "redis-key-file",      OPTION_TEXT,   PLACE(redis_key_file),      "",                         "the key of that certificate", .common = true },
    { "key-prefix",          OPTION_TEXT,   PLACE(key_prefix),          "",                         "the beginning of all keys in Redis", .common = true },
    { "shards",              OPTION_COUNT,  PLACE(shards),              "0",                        "the number of shards into which the data are divided, a power of two; read only when the database is empty; 0: 1, in a cluster 64", 0, SHARDS_MAX, .common = true },
    { "acknowledge-replicas", OPTION_TEXT,  PLACE(acknowledge_replicas), "0",                       "the number of Redis's replicas that must have a write before it is acknowledged, or all", .common = true },
    { "acknowledge-timeout", OPTION_COUNT,  PLACE(acknowledge_timeout), "500",                      "milliseconds that the replicas have for that; then the answer is 503", 1, 60000, .common = true },
    { "require-durable",     OPTION_FLAG,   PLACE(require_durable),     "false",                    "/_lastsync/health/ready is 503 while Redis may lose data" },
    { "access",              OPTION_CHOICE, PLACE(access),              "keys",                     "who may use the API: keys: clients with a key (lastsync key create); proxy: these, and users for whom the web server vouches; off: everybody", .words = access_modes },
    { "proxy-secret-file",   OPTION_TEXT,   PLACE(proxy_secret_file),   "",                         "a file with the secret by which the web server vouches for its users, for --access=proxy" },
    { "workers",             OPTION_COUNT,  PLACE(workers),             "2",                        "worker processes; 0: serve in the foreground", 0, POOL_WORKERS_MAX },
    { "deadline",            OPTION_COUNT,  PLACE(deadline),            "2000",                     "milliseconds after which a request that waits for Redis is answered 503", 10, 60000, .common = true },
    { "patience",            OPTION_COUNT,  PLACE(patience),            "10000",                    "milliseconds for which a command waits for Redis to let it in, and for each answer", 10, 3600000, .common = true },
    { "body-limit",          OPTION_COUNT,  PLACE(body_limit),          "1048576",                  "most bytes in a request's body, before and after it is unpacked", 1, 1 << 30 },
    { "answer-limit",        OPTION_COUNT,  PLACE(answer_limit),        "8388608",                  "most bytes in the JSON of a list or an overview, and twice that of any pretty answer; a request for more is refused", 4096, 1 << 30 },
    { "depth-limit",         OPTION_COUNT,  PLACE(depth_limit),         "64",                       "deepest nesting of objects and arrays in a body", 1, JSON_BODY_DEPTH_MAX },
    { "member-limit",        OPTION_COUNT,  PLACE(member_limit),        "10000",                    "most members and elements in a body", 1, 1 << 30 },
    { "elasticsearch-version", OPTION_TEXT, PLACE(elasticsearch_version), "9.4.0",                   "the version of Elasticsearch that clients are told; the connector service needs its own major version, and a minor version that is not older" },
    { "history",             OPTION_COUNT,  PLACE(history),             "100",                      "ended syncs that are kept for each connector; 0: none", 0, 10000 },
    { "days",                OPTION_COUNT,  PLACE(days),                "0",                        "days for which counts of ended syncs are kept, by the hour at most 15; 0: no sync is counted", 0, 1000 },
    { "events",              OPTION_COUNT,  PLACE(events),              "0",                        "changes of state that the stream of a shard holds, for lastsync notify and dashboards; 0: none are written", 0, 1000000, .common = true },
    { "max-age",             OPTION_COUNT,  PLACE(max_age),             "86400",                    "seconds after its last success at which a connector without a schedule is late", 1, 1 << 30, .common = true },
    { "late-grace",          OPTION_COUNT,  PLACE(late_grace),          "600",                      "seconds that a scheduled sync may take before its connector is late", 0, 1 << 30, .common = true },
    { "batch-limit",         OPTION_COUNT,  PLACE(batch_limit),         "64",                       "most requests that a worker takes in one turn", 1, LOOP_BATCH_MAX },
    { "connection-limit",    OPTION_COUNT,  PLACE(connection_limit),    "1024",                     "most connections that a worker keeps", 1, 100000 },
    { "slow-limit",          OPTION_COUNT,  PLACE(slow_limit),          "16777216",                 "bytes that a worker keeps for web servers, above which one that has been slow for a second is given up, but not the last one", 4096, 1 << 30 },
    { "metrics-connectors",  OPTION_COUNT,  PLACE(metrics_connectors),  "2000",                     "connectors with series of their own in the metrics, the worst first; 0: none", 0, 100000 },
    { "log-level",           OPTION_CHOICE, PLACE(log_level),           "notice",                   "the lowest level that is logged: error, warning, notice, info (with a line for each request) or debug", .words = log_level_words, .common = true },
    { "log-format",          OPTION_CHOICE, PLACE(log_format),          "text",                     "text or json", .words = log_format_words, .common = true },
};
/* clang-format on */

enum { ROW_COUNT = sizeof rows / sizeof rows[0], REPLICAS_MAX = 100 };

static const struct option_table table = { rows, ROW_COUNT };

int config_status(enum config_result result)
{
    return result == CONFIG_WRONG ? EX_CONFIG : EXIT_SUCCESS;
}

/* ---- help ---- */

static void print_help(void)
{
    help_print(
        stdout, help_columns(), 0, "",
        STR("lastsync " VERSION ": Elasticsearch's Connector API over FastCGI, stored in Redis."));
    (void)printf("\n  lastsync [option ...]            serves\n"
                 "  lastsync COMMAND [option ...]    runs a command\n\nCommands:\n\n");
    command_print_list();
    (void)putchar('\n');
    help_print(
        stdout, help_columns(), 0, "",
        STR("Options. Each can also be an environment variable (LASTSYNC_BODY_LIMIT for "
            "--body-limit), or a line of the file that --config names (body-limit=1048576):"));
    (void)putchar('\n');
    option_print_help(&table, false);
    option_print_row("help", "prints this");
    option_print_row("version", "prints the version");
    (void)putchar('\n');
    help_print(stdout, help_columns(), 0, "",
               STR("SIGTERM ends lastsync in order, SIGHUP replaces the workers one by one."));
}

static void print_paragraphs(const char *text)
{
    struct str rest = str_from(text), line;

    while (str_split(&rest, '\n', &line))
        help_print(stdout, help_columns(), 0, "", line);
    (void)putchar('\n');
}

static void print_command_help(const struct command_line *line)
{
    (void)printf("lastsync %s\n\n", line->usage);
    print_paragraphs(line->help);
    if (line->own)
        option_print_help(line->own, false);
    option_print_help(&table, true);
    option_print_row("help", "prints this");
}

struct ask_settings config_settings(const struct config *config)
{
    return (struct ask_settings){ .key_prefix = str_from(config->key_prefix),
                                  .shards = (unsigned)config->shards,
                                  .acknowledge = config->acknowledge,
                                  .acknowledge_milliseconds = (unsigned)config->acknowledge_timeout,
                                  .history = (unsigned)config->history,
                                  .days = (unsigned)config->days,
                                  .events = (unsigned)config->events,
                                  .max_age = (unsigned)config->max_age,
                                  .late_grace = (unsigned)config->late_grace };
}

/* ---- options that depend on each other ---- */

static bool fail(const char *why)
{
    (void)fprintf(stderr, "lastsync: %s\n", why);
    return false;
}

/* A password in an argument is visible to all users in /proc. */
static bool check_secrets(const struct config *config, bool secret, enum option_source source)
{
    if (!secret)
        return true;
    if (source == OPTION_ARGUMENT)
        return fail("a password must not be in --redis, where every user of this machine sees "
                    "it: put it into a file, and name that with --redis-password-file");
    if (config->redis_password_file[0])
        return fail("there are two passwords for Redis: in its address, and in "
                    "--redis-password-file");
    return true;
}

static bool read_address(struct config *config)
{
    struct str url = str_from(config->redis);

    if (url.len < sizeof config->address_room &&
        store_read_address(url, config->address_room, &config->address))
        return true;
    (void)fprintf(stderr,
                  "lastsync: --redis must be unix:/path, redis://host:port/database, "
                  "redis+cluster://host:port,host:port or "
                  "redis+sentinel://host:port,host:port/name/database, not \"%s\"\n",
                  config->masked_redis);
    return false;
}

/* A password's file: the place of its path, and the option that named it. */
struct password_file {
    const char *option, *name;
    char *path;
};

/* Gives the path of a password's file, NULL if no file is named; false if the name is refused. A
 * name that does not begin with a slash is one of the credentials that systemd passes. */
static bool find_password_file(const struct password_file *file, const char **path)
{
    const char *folder = "", *slash = "";
    int len;

    *path = NULL;
    if (!file->name[0])
        return true;
    if (file->name[0] != '/') {
        folder = getenv("CREDENTIALS_DIRECTORY");
        slash = "/";
        if (!folder || !folder[0]) {
            (void)fprintf(stderr,
                          "lastsync: --%s must be an absolute path, or the name of a systemd "
                          "credential ($CREDENTIALS_DIRECTORY is not set)\n",
                          file->option);
            return false;
        }
    }
    len = snprintf(file->path, CONFIG_ADDRESS_MAX, "%s%s%s", folder, slash, file->name);
    *path = file->path;
    if ((size_t)len < CONFIG_ADDRESS_MAX)
        return true;
    (void)fprintf(stderr, "lastsync: the path of --%s is too long\n", file->option);
    return false;
}

static bool check_password_file(const struct store_address *address, const char *whose,
                                const struct password_file *file)
{
    const char *fault = store_password_fault(address);

    if (!fault)
        return true;
    (void)fprintf(stderr, "lastsync: %s password, --%s %s: %s\n", whose, file->option, file->path,
                  fault);
    return false;
}

/* Checks the options of sentinels, which need an address that names sentinels. */
static bool complete_sentinels(struct config *config)
{
    struct password_file file = { "sentinel-password-file", config->sentinel_password_file,
                                  config->sentinel_password_path };
    struct store_address *address = &config->address;

    if (!address->sentinels)
        return (!config->sentinel_user[0] && !file.name[0]) ||
               fail("--sentinel-user and --sentinel-password-file are for an address that names "
                    "sentinels: redis+sentinel://");
    if (!find_password_file(&file, &address->sentinel_password_file))
        return false;
    if (config->sentinel_user[0] && !address->sentinel_password_file)
        return fail("the sentinels' user needs a password: name a file that has it with "
                    "--sentinel-password-file");
    if (config->sentinel_user[0])
        address->sentinel_user = config->sentinel_user;
    return check_password_file(
        &(struct store_address){ .password_file = address->sentinel_password_file },
        "the sentinels'", &file);
}

static bool check_tls(struct config *config)
{
    struct store_address *address = &config->address;
    const char *fault;

    if (!address->tls)
        return true;
    if (!config->redis_certificate_file[0] != !config->redis_key_file[0])
        return fail("--redis-certificate-file and --redis-key-file need each other");
    if (config->redis_ca_file[0])
        address->ca_file = config->redis_ca_file;
    if (config->redis_certificate_file[0]) {
        address->certificate_file = config->redis_certificate_file;
        address->key_file = config->redis_key_file;
    }
    fault = store_tls_fault(address);
    return !fault || fail(fault);
}

static bool read_shards(struct config *config)
{
    bool cluster = config->address.cluster;

    if (!config->shards)
        config->shards = cluster ? CONFIG_CLUSTER_SHARDS : 1;
    if (!schema_may_shard(config->shards))
        return fail("--shards must be a power of two: 1, 2, 4 ... 1024");
    if (cluster && config->shards == 1)
        return fail("--shards must be 2 or more in a Redis Cluster, to spread over its nodes");
    return !cluster || !strchr(config->key_prefix, '{') ||
           fail("--key-prefix must have no brace in a Redis Cluster, which would take the text "
                "after it for the shard");
}

static bool read_acknowledge(struct config *config)
{
    struct str text = str_from(config->acknowledge_replicas);
    uint64_t replicas = ALL_REPLICAS;

    if (!str_equal(text, STR("all")) && number_count(text, REPLICAS_MAX, &replicas) != NUMBER_READ)
        return fail("--acknowledge-replicas must be a number from 0 to 100, or all");
    config->acknowledge = (unsigned)replicas;
    return true;
}

/* Reads the options of Redis besides its address. */
static bool complete_address(struct config *config)
{
    struct password_file file = { "redis-password-file", config->redis_password_file,
                                  config->password_path };
    struct store_address *address = &config->address;

    if (!read_shards(config) || !read_acknowledge(config))
        return false;
    if (config->redis_user[0] && address->user)
        return fail("there are two users for Redis: in its address, and in --redis-user");
    if (config->redis_user[0])
        address->user = config->redis_user;
    address->schema_use = SCHEMA_SERVED;
    if (!find_password_file(&file, &address->password_file))
        return false;
    if (address->user && !address->password && !address->password_file)
        return fail("Redis's user needs a password: name a file that has it with "
                    "--redis-password-file");
    return check_tls(config) && check_password_file(address, "Redis's", &file) &&
           complete_sentinels(config);
}

static const struct option_value *value_of(const struct option_value *values, const char *name)
{
    size_t at = 0;

    while (strcmp(rows[at].name, name) != 0)
        at++;
    return &values[at];
}

static bool read_redis(struct config *config, const struct option_value *values)
{
    bool secret = store_mask_address(str_from(config->redis), config->masked_redis,
                                     sizeof config->masked_redis);

    return check_secrets(config, secret, value_of(values, "redis")->source) &&
           read_address(config) && complete_address(config);
}

/* Clients compare the numbers, and take the rest as the name of a build. */
static bool check_version(const struct config *config)
{
    struct str rest = str_from(config->elasticsearch_version), part;
    uint64_t number;
    size_t parts = 0;

    while (str_split(&rest, '.', &part)) {
        if (!part.len || part.len > 3 || number_count(part, 999, &number) != NUMBER_READ)
            return fail("--elasticsearch-version must be three numbers, such as 8.19.0");
        parts++;
    }
    return parts == 3 || fail("--elasticsearch-version must be three numbers, such as 8.19.0");
}

/* Reads all sources, the weakest first. A flag or a variable names the file, so these are also read
 * before it. */
static bool read_all(struct config *config, const struct options *options, struct option_line *line)
{
    if (!option_read_defaults(options) || !option_read_variables(options) ||
        !option_read_line(line, "config") ||
        (config->file[0] && !option_read_file(options, config->file)) ||
        !option_read_variables(options) || !option_read_line(line, NULL) ||
        !read_redis(config, options->values) || !check_version(config))
        return false;
    log_setup((enum log_format)config->log_format, (enum log_level)config->log_level);
    return true;
}

/* ---- --check-config ---- */

static void print_source(const struct config *config, const struct option *option,
                         const struct option_value *value)
{
    char variable[OPTION_NAME_MAX];

    option_variable(option, variable);
    switch (value->source) {
    case OPTION_DEFAULT:
        (void)printf("the default\n");
        break;
    case OPTION_FILE:
        (void)printf("%s, line %u\n", config->file, value->line);
        break;
    case OPTION_VARIABLE:
        (void)printf("the environment: %s\n", variable);
        break;
    case OPTION_ARGUMENT:
        (void)printf("the flag --%s\n", option->name);
        break;
    }
}

static void print_options(const struct config *config, const struct option_value *values)
{
    for (size_t i = 0; i < table.count; i++) {
        bool redis = strcmp(rows[i].name, "redis") == 0;

        if (rows[i].weakest == OPTION_ARGUMENT)
            continue;
        (void)printf("%s=%s\t# ", rows[i].name, redis ? config->masked_redis : values[i].text);
        print_source(config, &rows[i], &values[i]);
    }
}

/* ---- command lines ---- */

/* Whether one of the arguments, before "--", is this one. */
static bool has_argument(int count, char **arguments, const char *wanted)
{
    for (int i = 1; i < count && strcmp(arguments[i], "--") != 0; i++)
        if (strcmp(arguments[i], wanted) == 0)
            return true;
    return false;
}

enum { PROXY_SECRET_LEAST = 16, PROXY_SECRET_MOST = 1024 }; /* bytes */

static bool fail_proxy_secret(const char *path, const char *why)
{
    (void)fprintf(stderr, "lastsync: --proxy-secret-file \"%s\" %s\n", path, why);
    return false;
}

/* The proxy's secret is the content of its file, without trailing blanks and line ends. */
static bool read_proxy_secret(struct config *config)
{
    static char room[PROXY_SECRET_MOST + 1];
    const char *path = config->proxy_secret_file;
    int failed;
    FILE *file;
    size_t len;

    config->proxy_secret = (struct str){ NULL, 0 };
    if (config->access != ACCESS_PROXY)
        return true;
    if (!path[0])
        return fail_proxy_secret(path, "must name a file if --access is proxy");
    file = fopen(path, "re");
    if (!file)
        return fail_proxy_secret(path, "cannot be read");
    len = fread(room, 1, sizeof room, file);
    failed = ferror(file);
    if (fclose(file) || failed)
        return fail_proxy_secret(path, "cannot be read");
    while (len && (unsigned char)room[len - 1] <= ' ')
        len--;
    if (len < PROXY_SECRET_LEAST || len > PROXY_SECRET_MOST || memchr(room, '\n', len))
        return fail_proxy_secret(path, "must hold one line of 16 to 1024 bytes");
    config->proxy_secret = (struct str){ room, len };
    return true;
}

enum config_result config_read(struct config *config, int count, char **arguments)
{
    struct option_value values[ROW_COUNT];
    struct options options = { &table, config, values };
    struct option_line line = { count - 1, arguments + 1, { &options }, .serving = true };

    if (has_argument(count, arguments, "--help")) {
        print_help();
        return CONFIG_DONE;
    }
    if (has_argument(count, arguments, "--version")) {
        (void)printf("lastsync %s\n", VERSION);
        return CONFIG_DONE;
    }
    if (!read_all(config, &options, &line) || !read_proxy_secret(config))
        return CONFIG_WRONG;
    if (!config->check)
        return CONFIG_READ;
    print_options(config, values);
    return CONFIG_DONE;
}

enum config_result config_read_command(struct config *config, struct command_line *line, int count,
                                       char **arguments)
{
    struct option_value values[ROW_COUNT];
    struct options options = { &table, config, values }, own = { line->own, line->own_place, NULL };
    struct option_line given = { count - 1,
                                 arguments + 1,
                                 { &options, line->own ? &own : NULL },
                                 .words = line->words,
                                 .word_room = line->words_most };

    if (has_argument(count, arguments, "--help")) {
        print_command_help(line);
        return CONFIG_DONE;
    }
    if ((line->own && !option_read_defaults(&own)) || !read_all(config, &options, &given))
        return CONFIG_WRONG;
    line->word_count = given.word_count;
    if (given.word_count >= line->words_least)
        return CONFIG_READ;
    (void)fprintf(stderr, "lastsync: a word is missing; the usage is: lastsync %s\n", line->usage);
    return CONFIG_WRONG;
}
