/* config.c: reads the options by their table. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/number.h"
#include "base/text.h"
#include "server/pool.h"

#ifndef VERSION
#define VERSION "0.1.0"
#endif

enum option_kind { OPTION_TEXT, OPTION_COUNT };

struct option {
    const char *name;
    enum option_kind kind;
    size_t place; /* of its member in struct config */
    const char *fallback;
    uint64_t least, most; /* of a count */
    const char *help;
};

#define PLACE(member) offsetof(struct config, member)

/* clang-format off */
static const struct option options[] = {
    { "listen",           OPTION_TEXT,  PLACE(listen),           "",                         0, 0,                "unix:/path or host:port to serve FastCGI on; without it, the socket that is descriptor 0" },
    { "redis",            OPTION_TEXT,  PLACE(redis),            "redis://127.0.0.1:6379/0", 0, 0,                "unix:/path[?db=N] or redis://host[:port][/N]" },
    { "key-prefix",       OPTION_TEXT,  PLACE(key_prefix),       "",                         0, 0,                "in front of all keys in Redis" },
    { "workers",          OPTION_COUNT, PLACE(workers),          "2",                        0, POOL_WORKERS_MAX, "worker processes; 0: serve in the foreground" },
    { "deadline",         OPTION_COUNT, PLACE(deadline),         "2000",                     10, 60000,           "milliseconds until a request that waits for Redis is answered 503" },
    { "body-limit",       OPTION_COUNT, PLACE(body_limit),       "1048576",                  1, 1 << 30,          "bytes of a request's body, before and after it is unpacked" },
    { "depth-limit",      OPTION_COUNT, PLACE(depth_limit),      "64",                       1, JSON_DEPTH_MAX,   "objects and arrays within each other in a body" },
    { "member-limit",     OPTION_COUNT, PLACE(member_limit),     "10000",                    1, 1 << 30,          "members and elements in a body" },
    { "history",          OPTION_COUNT, PLACE(history),          "100",                      0, 10000,             "reports that are kept of each connector; 0: none" },
    { "max-age",          OPTION_COUNT, PLACE(max_age),          "86400",                    1, 1 << 30,           "seconds since its last success after which a connector without a schedule is late" },
    { "late-grace",       OPTION_COUNT, PLACE(late_grace),       "600",                      0, 1 << 30,           "seconds that a scheduled sync may take until its connector is late" },
    { "batch-limit",      OPTION_COUNT, PLACE(batch_limit),      "64",                       1, LOOP_BATCH_MAX,   "requests that a worker takes in one turn" },
    { "connection-limit", OPTION_COUNT, PLACE(connection_limit), "1024",                     1, 100000,           "connections that a worker keeps" },
};
/* clang-format on */

enum { OPTION_TOTAL = sizeof options / sizeof options[0], NAME_MAX_BYTES = 64 };

/* LASTSYNC_BODY_LIMIT for body-limit. */
static void variable_name(const struct option *option, char name[NAME_MAX_BYTES])
{
    int len = snprintf(name, NAME_MAX_BYTES, "LASTSYNC_%s", option->name);

    for (int i = 0; i < len; i++)
        name[i] =
            (char)(name[i] == '-' ? '_'
                                  : (name[i] >= 'a' && name[i] <= 'z' ? name[i] - 32 : name[i]));
}

static void print_help(void)
{
    (void)printf("lastsync %s: Elasticsearch's Connector API over FastCGI, stored in Redis.\n\n"
                 "Each option can also be an environment variable: LASTSYNC_BODY_LIMIT for "
                 "--body-limit.\n\n",
                 VERSION);
    for (size_t i = 0; i < OPTION_TOTAL; i++)
        (void)printf("  --%-18s%s%s%s%s\n", options[i].name, options[i].help,
                     options[i].fallback[0] ? " (" : "", options[i].fallback,
                     options[i].fallback[0] ? ")" : "");
    (void)printf("  --%-18s%s\n  --%-18s%s\n\n"
                 "SIGTERM ends it in order, SIGHUP replaces the workers one by one.\n",
                 "help", "prints this", "version", "prints the version");
}

static bool set_option(struct config *config, const struct option *option, const char *source,
                       const char *text)
{
    char *place = (char *)config + option->place;
    uint64_t count;

    if (option->kind == OPTION_TEXT) {
        memcpy(place, &text, sizeof text);
        return true;
    }
    if (number_count(str_from(text), option->most, &count) != NUMBER_READ ||
        count < option->least) {
        (void)fprintf(stderr, "lastsync: %s must be a number from %llu to %llu, not \"%s\"\n",
                      source, (unsigned long long)option->least, (unsigned long long)option->most,
                      text);
        return false;
    }
    memcpy(place, &count, sizeof count);
    return true;
}

static bool read_environment(struct config *config)
{
    for (size_t i = 0; i < OPTION_TOTAL; i++) {
        char name[NAME_MAX_BYTES];
        const char *value;

        variable_name(&options[i], name);
        value = getenv(name);
        if (!set_option(config, &options[i], value ? name : options[i].name,
                        value ? value : options[i].fallback))
            return false;
    }
    return true;
}

static const struct option *find_option(struct str name)
{
    for (size_t i = 0; i < OPTION_TOTAL; i++)
        if (str_equal(name, str_from(options[i].name)))
            return &options[i];
    return NULL;
}

/* Reads one flag, with its value in the same argument or the next, and moves *at behind it. */
static bool read_flag(struct config *config, char **arguments, int *at)
{
    const char *argument = arguments[*at], *equals = strchr(argument, '=');
    struct str name = str_from(argument);
    const struct option *option;
    const char *value;

    if (equals)
        name.len = (size_t)(equals - argument);
    option = str_starts(name, STR("--")) ? find_option(str_from_offset(name, 2)) : NULL;
    if (!option) {
        (void)fprintf(stderr, "lastsync: there is no option \"%s\"; --help names them\n", argument);
        return false;
    }
    value = equals ? equals + 1 : arguments[++*at];
    if (!value) {
        (void)fprintf(stderr, "lastsync: --%s needs a value\n", option->name);
        return false;
    }
    ++*at;
    return set_option(config, option, argument, value);
}

static bool read_address(struct config *config)
{
    struct str url = str_from(config->redis);

    if (url.len < sizeof config->address_room &&
        store_read_address(url, config->address_room, &config->address))
        return true;
    (void)fprintf(
        stderr, "lastsync: --redis must be unix:/path or redis://host:port/database, not \"%s\"\n",
        config->redis);
    return false;
}

enum config_result config_read(struct config *config, int count, char **arguments)
{
    int at = 1;

    if (count == 2 && strcmp(arguments[1], "--help") == 0) {
        print_help();
        return CONFIG_DONE;
    }
    if (count == 2 && strcmp(arguments[1], "--version") == 0) {
        (void)printf("lastsync %s\n", VERSION);
        return CONFIG_DONE;
    }
    if (!read_environment(config))
        return CONFIG_WRONG;
    while (at < count)
        if (!read_flag(config, arguments, &at))
            return CONFIG_WRONG;
    return read_address(config) ? CONFIG_READ : CONFIG_WRONG;
}
