/* config.c: the table of options, and reads them. */
#include "config.h"

#include <stdlib.h>
#include <sysexits.h>

#include "api/role.h"
#include "base/json.h"
#include "command/command.h"
#include "server/loop.h"
#include "server/pool.h"

#ifndef VERSION
#define VERSION "0.1.0"
#endif

#define PLACE(member) offsetof(struct config, member)

/* clang-format off */
static const struct option rows[] = {
    { "config",           OPTION_TEXT,  PLACE(file),             "",                         "a file of lines name=value with these options", .common = true, .not_in_file = true },
    { "listen",           OPTION_TEXT,  PLACE(listen),           "",                         "unix:/path or host:port to serve FastCGI on; without it, the socket that is descriptor 0" },
    { "redis",            OPTION_TEXT,  PLACE(redis),            "redis://127.0.0.1:6379/0", "unix:/path[?db=N] or redis://host[:port][/N]", .common = true },
    { "key-prefix",       OPTION_TEXT,  PLACE(key_prefix),       "",                         "in front of all keys in Redis", .common = true },
    { "access",           OPTION_CHOICE, PLACE(access),          "keys",                     "who may use the API: keys: whoever shows a key (lastsync key create); proxy: these, and whom the web server vouches for; off: everybody", .words = access_modes },
    { "proxy-secret-file", OPTION_TEXT, PLACE(proxy_secret_file), "",                        "a file with the secret by which the web server vouches for its users, for --access=proxy" },
    { "workers",          OPTION_COUNT, PLACE(workers),          "2",                        "worker processes; 0: serve in the foreground", 0, POOL_WORKERS_MAX },
    { "deadline",         OPTION_COUNT, PLACE(deadline),         "2000",                     "milliseconds until a request that waits for Redis is answered 503", 10, 60000, .common = true },
    { "body-limit",       OPTION_COUNT, PLACE(body_limit),       "1048576",                  "bytes of a request's body, before and after it is unpacked", 1, 1 << 30 },
    { "depth-limit",      OPTION_COUNT, PLACE(depth_limit),      "64",                       "objects and arrays within each other in a body", 1, JSON_DEPTH_MAX },
    { "member-limit",     OPTION_COUNT, PLACE(member_limit),     "10000",                    "members and elements in a body", 1, 1 << 30 },
    { "history",          OPTION_COUNT, PLACE(history),          "100",                      "reports that are kept of each connector; 0: none", 0, 10000 },
    { "max-age",          OPTION_COUNT, PLACE(max_age),          "86400",                    "seconds since its last success after which a connector without a schedule is late", 1, 1 << 30 },
    { "late-grace",       OPTION_COUNT, PLACE(late_grace),       "600",                      "seconds that a scheduled sync may take until its connector is late", 0, 1 << 30 },
    { "batch-limit",      OPTION_COUNT, PLACE(batch_limit),      "64",                       "requests that a worker takes in one turn", 1, LOOP_BATCH_MAX },
    { "connection-limit", OPTION_COUNT, PLACE(connection_limit), "1024",                     "connections that a worker keeps", 1, 100000 },
};
/* clang-format on */

static const struct option_table table = { rows, sizeof rows / sizeof rows[0] };

int config_status(enum config_result result)
{
    return result == CONFIG_WRONG ? EX_CONFIG : EXIT_SUCCESS;
}

/* ---- help ---- */

static void print_help(void)
{
    (void)printf("lastsync %s: Elasticsearch's Connector API over FastCGI, stored in Redis.\n\n"
                 "  lastsync [option ...]            serves\n"
                 "  lastsync COMMAND [option ...]    does one thing and ends\n\nCommands:\n\n",
                 VERSION);
    command_print_list();
    (void)printf("\nOptions. Each can also be an environment variable (LASTSYNC_BODY_LIMIT for "
                 "--body-limit),\nor a line of the file that --config names "
                 "(body-limit=1048576):\n\n");
    option_print_help(&table, false);
    (void)printf("  --%-21s%s\n  --%-21s%s\n\n"
                 "SIGTERM ends it in order, SIGHUP replaces the workers one by one.\n",
                 "help", "prints this", "version", "prints the version");
}

static void print_command_help(const struct command_line *line)
{
    (void)printf("lastsync %s\n\n%s\n\n", line->usage, line->help);
    if (line->own)
        option_print_help(line->own, false);
    option_print_help(&table, true);
    (void)printf("  --%-21s%s\n", "help", "prints this");
}

/* ---- what options say together ---- */

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

enum { PROXY_SECRET_LEAST = 16, PROXY_SECRET_MOST = 1024 }; /* bytes */

static bool fail_proxy_secret(const char *path, const char *why)
{
    (void)fprintf(stderr, "lastsync: --proxy-secret-file \"%s\" %s\n", path, why);
    return false;
}

/* The proxy's secret is what its file holds, but for blanks and ends of lines behind it. */
static bool read_proxy_secret(struct config *config)
{
    static char room[PROXY_SECRET_MOST + 1];
    const char *path = config->proxy_secret_file;
    FILE *file;
    size_t len;

    config->proxy_secret = (struct str){ NULL, 0 };
    if (config->access != ACCESS_PROXY)
        return true;
    if (!path[0])
        return fail_proxy_secret(path, "must name a file where --access is proxy");
    file = fopen(path, "re");
    len = file ? fread(room, 1, sizeof room, file) : 0;
    if (!file || ferror(file) || fclose(file))
        return fail_proxy_secret(path, "cannot be read");
    while (len && (unsigned char)room[len - 1] <= ' ')
        len--;
    if (len < PROXY_SECRET_LEAST || len > PROXY_SECRET_MOST || memchr(room, '\n', len))
        return fail_proxy_secret(path, "must hold one line of 16 to 1024 bytes");
    config->proxy_secret = (struct str){ room, len };
    return true;
}

/* Reads everything, the weakest source first. The file is named by a flag or a variable, so these
 * are looked at before it as well. */
static bool read_all(struct config *config, const struct options *options, struct option_line *line)
{
    return option_read_defaults(options) && option_read_variables(options) &&
           option_read_line(line, "config") &&
           (!config->file[0] || option_read_file(options, config->file)) &&
           option_read_variables(options) && option_read_line(line, NULL) && read_address(config);
}

/* Whether one of the arguments, before "--", is this one. */
static bool has_argument(int count, char **arguments, const char *wanted)
{
    for (int i = 1; i < count && strcmp(arguments[i], "--") != 0; i++)
        if (strcmp(arguments[i], wanted) == 0)
            return true;
    return false;
}

enum config_result config_read(struct config *config, int count, char **arguments)
{
    struct options options = { &table, config, NULL };
    struct option_line line = { count - 1, arguments + 1, { &options }, .serving = true };

    if (has_argument(count, arguments, "--help")) {
        print_help();
        return CONFIG_DONE;
    }
    if (has_argument(count, arguments, "--version")) {
        (void)printf("lastsync %s\n", VERSION);
        return CONFIG_DONE;
    }
    return read_all(config, &options, &line) && read_proxy_secret(config) ? CONFIG_READ
                                                                          : CONFIG_WRONG;
}

enum config_result config_read_command(struct config *config, struct command_line *line, int count,
                                       char **arguments)
{
    struct options options = { &table, config, NULL }, own = { line->own, line->own_place, NULL };
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
    (void)fprintf(stderr, "lastsync: a word is missing; this is how it goes: lastsync %s\n",
                  line->usage);
    return CONFIG_WRONG;
}
