/* key.c: makes, lists and revokes keys of access control: lastsync key create|list|revoke. */
#include "command/key.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/common/role.h"
#include "base/base64.h"
#include "base/chance.h"
#include "base/digest.h"
#include "base/glob.h"
#include "base/instant.h"
#include "base/number.h"
#include "base/text.h"
#include "base/utf8.h"
#include "command/session.h"
#include "store/access/access_key.h"

enum {
    ID_BYTES = 15,
    SECRET_BYTES = 32,
    NAME_MAX_BYTES = 256, /* of a key's name, and of its owner's */
    PATTERNS_MAX = 16,
    PATTERNS_MAX_BYTES = 1024, /* of all patterns together */
    EXPIRY_MAX_DAYS = 36500
};

/* ---- shared by all three ---- */

static int misuse(const char *why)
{
    (void)fprintf(stderr, "lastsync: %s\n", why);
    return COMMAND_MISCONFIGURED;
}

static void add_member(struct text *json, const char *name, struct str value)
{
    text_format(json, "%s\"%s\":", json->ptr[json->len - 1] == '{' ? "" : ",", name);
    text_json(json, value);
}

/* ---- create ---- */

struct create_options {
    const char *role, *connectors, *expires, *name, *owner;
    bool json;
};

#define PLACE(member) offsetof(struct create_options, member)

/* clang-format off */
static const struct option create_rows[] = {
    { "role",       OPTION_TEXT, PLACE(role),       "",         "manage_connector: everything; monitor_connector: read, configurations and their passwords too; view_connector: read what /_lastsync/ shows, which has neither; report_connector: report how syncs went; read_connector_secrets, write_connector_secrets: only secrets" },
    { "connectors", OPTION_TEXT, PLACE(connectors), "",         "for report_connector: patterns of connectors' ids, such as 'sales-*,hr-?'" },
    { "expires",    OPTION_TEXT, PLACE(expires),    "",         "how long the key is valid: 90s, 15m, 12h, 30d; without it, until it is revoked" },
    { "name",       OPTION_TEXT, PLACE(name),       "",         "the purpose of the key" },
    { "owner",      OPTION_TEXT, PLACE(owner),      "lastsync", "the owner of the key" },
    { "json",       OPTION_FLAG, PLACE(json),       "false",    "print JSON, as Elasticsearch answers" },
};
/* clang-format on */

static const struct option_table create_table = { create_rows,
                                                  sizeof create_rows / sizeof create_rows[0] };

/* Whether a text can be printed in a line, and in JSON. */
static bool is_plain(struct str text, size_t most)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
            return false;
    return text.len <= most && utf8_valid(text);
}

/* Gives the seconds of "30d"; false if the text is malformed. */
static bool read_duration(struct str text, int64_t *seconds)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
    const uint64_t most = (uint64_t)EXPIRY_MAX_DAYS * 86400;
    uint64_t count;

    for (size_t i = 0; i < sizeof units / sizeof units[0] && text.len; i++) {
        if (text.ptr[text.len - 1] != units[i].unit)
            continue;
        text.len--;
        if (number_count(text, most / (uint64_t)units[i].seconds, &count) != NUMBER_READ || !count)
            return false;
        *seconds = (int64_t)count * units[i].seconds;
        return true;
    }
    return false;
}

static bool patterns_are_valid(struct str patterns)
{
    struct str pattern;
    size_t count = 0;

    if (!is_plain(patterns, PATTERNS_MAX_BYTES))
        return false;
    while (glob_split(&patterns, &pattern))
        if (!str_trim(pattern).len || ++count > PATTERNS_MAX)
            return false;
    return true;
}

/* Gives the fault of the options; NULL if there is none. */
static const char *options_fault(const struct create_options *options)
{
    enum role role = role_read(str_from(options->role));
    int64_t seconds;

    if (role == ROLE_NONE)
        return "--role must be manage_connector, monitor_connector, view_connector, "
               "report_connector, read_connector_secrets or write_connector_secrets";
    if (role == ROLE_REPORT && !options->connectors[0])
        return "--role=report_connector needs --connectors: the connectors to report for";
    if (role != ROLE_REPORT && options->connectors[0])
        return "--connectors is only for --role=report_connector: other roles are for all";
    if (options->connectors[0] && !patterns_are_valid(str_from(options->connectors)))
        return "--connectors must be up to 16 patterns with commas between them, 1024 bytes in all";
    if (options->expires[0] && !read_duration(str_from(options->expires), &seconds))
        return "--expires must be a number and its unit, such as 90s, 15m, 12h or 30d, and at most "
               "36500d";
    if (!is_plain(str_from(options->name), NAME_MAX_BYTES) ||
        !is_plain(str_from(options->owner), NAME_MAX_BYTES))
        return "--name and --owner must be UTF-8 without control characters, up to 256 bytes";
    return NULL;
}

/* A new key. */
struct new_key {
    struct str id, secret, encoded;
    struct instant created, expiry;
    struct str values[ACCESS_FIELDS];
};

static struct str random_text(size_t count, struct arena *arena)
{
    char bytes[SECRET_BYTES];

    chance_fill(bytes, count);
    return base64_write_url((struct str){ bytes, count }, arena);
}

/* Absent rather than empty. */
static struct str stored(const char *text)
{
    return text[0] ? str_from(text) : (struct str){ NULL, 0 };
}

static void make_key(const struct create_options *options, struct arena *arena, struct new_key *key)
{
    struct digest digest;
    int64_t seconds = 0;

    do
        key->id = random_text(ID_BYTES, arena);
    while (key->id.ptr[0] == '-'); /* lastsync key revoke would take it for an option */
    key->secret = random_text(SECRET_BYTES, arena);
    key->encoded = base64_write(
        arena_format(arena, "%.*s:%.*s", STR_ARGS(key->id), STR_ARGS(key->secret)), arena);
    key->created = instant_now();
    key->created.nanos -= key->created.nanos % 1000000;
    key->expiry = key->created;
    digest = digest_of(key->secret);
    key->values[ACCESS_SECRET_SHA256] =
        digest_write(&digest, arena_take(arena, (size_t)2 * DIGEST_BYTES));
    key->values[ACCESS_ROLE] = str_from(options->role);
    key->values[ACCESS_CONNECTORS] = stored(options->connectors);
    key->values[ACCESS_CREATED_AT] = instant_write(key->created, arena);
    key->values[ACCESS_EXPIRES_AT] = (struct str){ NULL, 0 };
    if (read_duration(str_from(options->expires), &seconds)) {
        key->expiry.seconds += seconds;
        key->values[ACCESS_EXPIRES_AT] = instant_write(key->expiry, arena);
    }
    key->values[ACCESS_NAME] = stored(options->name);
    key->values[ACCESS_OWNER] = stored(options->owner);
}

static struct str new_key_as_json(const struct new_key *key, struct arena *arena)
{
    struct text json = text_new(arena, 512);

    text_byte(&json, '{');
    add_member(&json, "id", key->id);
    add_member(&json, "name", str_or_empty(key->values[ACCESS_NAME]));
    if (key->values[ACCESS_EXPIRES_AT].ptr)
        text_format(&json, ",\"expiration\":%lld", (long long)instant_millis(key->expiry));
    add_member(&json, "api_key", key->secret);
    add_member(&json, "encoded", key->encoded);
    text_add(&json, STR("}\n"));
    return text_str(&json);
}

static struct str new_key_as_text(const struct new_key *key, struct arena *arena)
{
    return arena_format(arena,
                        "id       %.*s\nsecret   %.*s\nencoded  %.*s\n\nThe secret is shown this "
                        "once. Clients send: Authorization: ApiKey %.*s\n",
                        STR_ARGS(key->id), STR_ARGS(key->secret), STR_ARGS(key->encoded),
                        STR_ARGS(key->encoded));
}

/* A key that nobody has seen is of no use, and valid. */
static int print_new_key(const struct new_key *key, struct str text)
{
    int status = command_print(text);

    if (status != COMMAND_DONE)
        (void)fprintf(stderr,
                      "lastsync: the key is made, and nobody has its secret: lastsync key "
                      "revoke %.*s ends it\n",
                      STR_ARGS(key->id));
    return status;
}

static int run_create(int count, char **arguments)
{
    struct create_options options;
    struct command_line line = {
        .usage = "key create --role=ROLE [option ...]",
        .help = "Makes a key for clients of the API, and prints it; it cannot be printed again.",
        .own = &create_table,
        .own_place = &options
    };
    struct session session;
    struct ask ask;
    enum config_result result = config_read_command(&session.config, &line, count, arguments);
    const char *fault = result == CONFIG_READ ? options_fault(&options) : NULL;
    struct new_key key;
    int status;

    if (result != CONFIG_READ)
        return config_status(result);
    if (fault)
        return misuse(fault);
    session_open(&session, SCHEMA_READ);
    session_ask(&session, &ask);
    make_key(&options, session.arena, &key);
    access_key_create(&ask, key.id, key.values);
    if (command_await(session.store, &ask) == CREATED)
        status = print_new_key(&key, options.json ? new_key_as_json(&key, session.arena)
                                                  : new_key_as_text(&key, session.arena));
    else
        status = command_fail_store(ask.outcome);
    session_close(&session);
    return status;
}

/* ---- list ---- */

struct list_options {
    bool json;
};

static const struct option list_rows[] = {
    { "json", OPTION_FLAG, offsetof(struct list_options, json), "false", "print JSON" },
};

static const struct option_table list_table = { list_rows, 1 };

/* The oldest first. */
static int compare_rows(const void *a, const void *b)
{
    const struct row *one = a, *other = b;
    int order = instant_order(str_or_empty(one->values[ACCESS_CREATED_AT]),
                              str_or_empty(other->values[ACCESS_CREATED_AT]));

    return order ? order : str_compare(one->id, other->id);
}

static void add_row_as_json(struct text *json, const struct row *row)
{
    text_byte(json, '{');
    add_member(json, "id", row->id);
    for (size_t i = ACCESS_SECRET_SHA256 + 1; i < ACCESS_FIELDS; i++)
        if (row->values[i].ptr)
            add_member(json, access_fields[i].ptr, row->values[i]);
    text_byte(json, '}');
}

static struct str rows_as_json(const struct row *rows, size_t count, struct arena *arena)
{
    struct text json = text_new(arena, 64 + 256 * count);

    text_add(&json, STR("{\"api_keys\":["));
    for (size_t i = 0; i < count; i++) {
        if (i)
            text_byte(&json, ',');
        add_row_as_json(&json, &rows[i]);
    }
    text_add(&json, STR("]}\n"));
    return text_str(&json);
}

/* A width of 0 is the last column's. */
static void add_padded(struct text *text, struct str value, size_t width)
{
    enum { GAP = 2 };

    text_add(text, value.len ? value : STR("-"));
    for (size_t i = value.len ? value.len : 1; i < width + GAP && width; i++)
        text_byte(text, ' ');
}

static struct str rows_as_text(const struct row *rows, size_t count, struct arena *arena)
{
    static const struct {
        struct str title;
        enum access_field field;
        size_t width;
    } columns[] = {
        { STR_ROW("ROLE"), ACCESS_ROLE, 17 },
        { STR_ROW("CREATED"), ACCESS_CREATED_AT, 24 },
        { STR_ROW("EXPIRES"), ACCESS_EXPIRES_AT, 24 },
        { STR_ROW("OWNER"), ACCESS_OWNER, 12 },
        { STR_ROW("CONNECTORS"), ACCESS_CONNECTORS, 20 },
        { STR_ROW("NAME"), ACCESS_NAME, 0 },
    };
    enum { ID_WIDTH = 20, COLUMNS = sizeof columns / sizeof columns[0] };
    struct text text = text_new(arena, 256 * (count + 1));

    add_padded(&text, STR("ID"), ID_WIDTH);
    for (size_t k = 0; k < COLUMNS; k++)
        add_padded(&text, columns[k].title, columns[k].width);
    text_byte(&text, '\n');
    for (size_t i = 0; i < count; i++) {
        add_padded(&text, rows[i].id, ID_WIDTH);
        for (size_t k = 0; k < COLUMNS; k++)
            add_padded(&text, rows[i].values[columns[k].field], columns[k].width);
        text_byte(&text, '\n');
    }
    return text_str(&text);
}

static int run_list(int count, char **arguments)
{
    struct list_options options;
    struct command_line line = { .usage = "key list [option ...]",
                                 .help = "Lists the keys, the oldest first.",
                                 .own = &list_table,
                                 .own_place = &options };
    struct session session;
    struct ask ask;
    enum config_result result = config_read_command(&session.config, &line, count, arguments);
    struct row *rows;
    size_t found;
    int status;

    if (result != CONFIG_READ)
        return config_status(result);
    session_open(&session, SCHEMA_READ);
    session_ask(&session, &ask);
    access_key_list(&ask);
    if (command_await(session.store, &ask) == FOUND) {
        found = ask.row_count;
        rows = arena_take(session.arena, (found + 1) * sizeof *rows);
        if (found)
            memcpy(rows, ask.rows, found * sizeof *rows);
        qsort(rows, found, sizeof *rows, compare_rows);
        status = command_print(options.json ? rows_as_json(rows, found, session.arena)
                                            : rows_as_text(rows, found, session.arena));
    } else {
        status = command_fail_store(ask.outcome);
    }
    session_close(&session);
    return status;
}

/* ---- revoke ---- */

static int run_revoke(int count, char **arguments)
{
    const char *id;
    struct command_line line = { .usage = "key revoke [option ...] ID",
                                 .help = "Ends a key. After 5 seconds no worker accepts it.",
                                 .words = &id,
                                 .words_least = 1,
                                 .words_most = 1 };
    struct session session;
    struct ask ask;
    enum config_result result = config_read_command(&session.config, &line, count, arguments);
    int status = COMMAND_DONE;

    if (result != CONFIG_READ)
        return config_status(result);
    session_open(&session, SCHEMA_READ);
    session_ask(&session, &ask);
    access_key_revoke(&ask, str_from(id));
    switch (command_await(session.store, &ask)) {
    case DELETED:
        break;
    case MISSING:
        (void)fprintf(stderr, "lastsync: there is no key \"%s\"\n", id);
        status = COMMAND_FAILED;
        break;
    default:
        status = command_fail_store(ask.outcome);
        break;
    }
    session_close(&session);
    return status;
}

/* ---- which of them ---- */

int key_run(int count, char **arguments)
{
    static const struct {
        const char *name;
        int (*run)(int count, char **arguments);
    } rows[] = { { "create", run_create }, { "list", run_list }, { "revoke", run_revoke } };
    const char *word = count > 1 ? arguments[1] : "";

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(word, rows[i].name) == 0)
            return rows[i].run(count - 1, arguments + 1);
    if (strcmp(word, "--help") == 0) {
        (void)printf("lastsync key create|list|revoke\n\n"
                     "Makes, lists and revokes the keys that clients of the API send; see "
                     "lastsync key create --help.\n");
        return COMMAND_DONE;
    }
    (void)fprintf(stderr, "lastsync: it is lastsync key create, lastsync key list or lastsync key "
                          "revoke\n");
    return COMMAND_MISUSED;
}
