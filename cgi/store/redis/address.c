/* address.c: reads where Redis listens. */
#include <stdio.h>

#include "base/number.h"
#include "store/redis/store.h"

enum {
    PORT_DEFAULT = 6379,
    SENTINEL_PORT_DEFAULT = 26379,
    PORT_MAX = 65535,
    DATABASE_MAX = 1000000,
    HOST_MAX = 253 /* bytes of a name in DNS */
};

static bool take_start(struct str *text, struct str start)
{
    if (!str_starts(*text, start))
        return false;
    *text = str_from_offset(*text, start.len);
    return true;
}

static bool read_database(struct str text, struct store_address *address)
{
    uint64_t database;

    if (number_count(text, DATABASE_MAX, &database) != NUMBER_READ)
        return false;
    address->database = (unsigned)database;
    return true;
}

/* Copies a part to the front of the room, as a C string. */
static const char *keep(struct str part, char **room)
{
    char *kept = *room;

    memcpy(kept, part.ptr, part.len);
    kept[part.len] = '\0';
    *room += part.len + 1;
    return kept;
}

static int hex_value(char digit)
{
    char c = str_lower(digit);

    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Copies and decodes a percent-encoded part. NULL if an encoding is broken, or stands for a NUL. */
static const char *keep_decoded(struct str part, char **room)
{
    char *out = *room;

    for (size_t i = 0; i < part.len; i++) {
        int byte = (unsigned char)part.ptr[i];

        if (byte == '%') {
            int high = i + 2 < part.len ? hex_value(part.ptr[i + 1]) : -1;
            int low = i + 2 < part.len ? hex_value(part.ptr[i + 2]) : -1;

            byte = high < 0 || low < 0 ? 0 : high * 16 + low;
            i += 2;
        }
        if (!byte)
            return NULL;
        *out++ = (char)byte;
    }
    return keep((struct str){ *room, (size_t)(out - *room) }, room);
}

static bool read_unix(struct str rest, char *room, struct store_address *address)
{
    struct str path;

    if (str_starts(rest, STR("//")))
        rest = str_from_offset(rest, 2);
    path = str_take(&rest, '?');
    if (!path.len || path.ptr[0] != '/')
        return false;
    address->path = keep(path, &room);
    return !rest.ptr || (take_start(&rest, STR("db=")) && read_database(rest, address));
}

/* Takes "[user][:password]@" off the front of *place, if it is there. */
static bool read_user(struct str *place, char **room, struct store_address *address)
{
    struct str password, user;

    if (!place->len || !memchr(place->ptr, '@', place->len))
        return true;
    password = str_take(place, '@');
    user = str_take(&password, ':');
    if (user.len && !(address->user = keep_decoded(user, room)))
        return false;
    if (!password.ptr)
        return user.len > 0;
    return password.len && (address->password = keep_decoded(password, room));
}

/* Takes the host, which may be an IPv6 address in brackets, and leaves the port; an absent text if
 * there is none. */
static bool take_host(struct str *place, struct str *host)
{
    if (!place->len || place->ptr[0] != '[') {
        *host = str_take(place, ':');
        return host->len > 0;
    }
    *place = str_from_offset(*place, 1);
    *host = str_take(place, ']');
    if (!host->len || !place->ptr)
        return false;
    if (place->len)
        return take_start(place, STR(":"));
    place->ptr = NULL;
    return true;
}

static bool read_tcp(struct str rest, char *room, struct store_address *address)
{
    struct str place = str_take(&rest, '/'), host;
    uint64_t port = PORT_DEFAULT;

    if (!read_user(&place, &room, address) || !take_host(&place, &host) ||
        memchr(host.ptr, '@', host.len))
        return false;
    if (place.ptr && (number_count(place, PORT_MAX, &port) != NUMBER_READ || !port))
        return false;
    address->host = keep(host, &room);
    address->port = (int)port;
    return !rest.len || read_database(rest, address);
}

/* Takes the next server of a list: its host, and its port or the default one. */
static bool take_server(struct str *servers, int usual_port, struct str *host, int *port)
{
    struct str server = str_take(servers, ',');
    uint64_t number = (uint64_t)usual_port;

    if (!server.len || !take_host(&server, host) || memchr(host->ptr, '@', host->len) ||
        memchr(host->ptr, '/', host->len) || host->len > HOST_MAX)
        return false;
    if (server.ptr && (number_count(server, PORT_MAX, &number) != NUMBER_READ || !number))
        return false;
    *port = (int)number;
    return true;
}

bool store_take_seed(struct str *seeds, struct str *host, int *port)
{
    return take_server(seeds, PORT_DEFAULT, host, port);
}

bool store_take_sentinel(struct str *sentinels, struct str *host, int *port)
{
    return take_server(sentinels, SENTINEL_PORT_DEFAULT, host, port);
}

/* The characters that Sentinel itself takes. */
static bool is_primary_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = str_lower(name.ptr[i]);

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.' && c != '-' && c != '_')
            return false;
    }
    return name.len > 0;
}

static bool read_sentinels(struct str rest, char *room, struct store_address *address)
{
    struct str servers = str_take(&rest, '/'), name = str_take(&rest, '/'), left, host;
    unsigned count = 0;
    int port;

    if (!read_user(&servers, &room, address) || !servers.len || !is_primary_name(name))
        return false;
    for (left = servers; left.ptr; count++)
        if (count == STORE_SENTINELS_MAX || !store_take_sentinel(&left, &host, &port))
            return false;
    address->sentinels = keep(servers, &room);
    address->primary_name = keep(name, &room);
    return !rest.len || read_database(rest, address);
}

static bool read_cluster(struct str rest, char *room, struct store_address *address)
{
    struct str host, seeds;
    int port;

    address->cluster = true;
    if (!read_user(&rest, &room, address) || !rest.len || rest.ptr[rest.len - 1] == ',')
        return false;
    for (seeds = rest; seeds.len;)
        if (!store_take_seed(&seeds, &host, &port))
            return false;
    address->seeds = keep(rest, &room);
    return true;
}

bool store_read_address(struct str url, char *room, struct store_address *address)
{
    *address = (struct store_address){ .path = NULL };
    address->tls = str_starts(url, STR("rediss"));
    if (take_start(&url, STR("redis+cluster://")) || take_start(&url, STR("rediss+cluster://")))
        return read_cluster(url, room, address);
    address->tls = false;
    if (take_start(&url, STR("unix:")))
        return read_unix(url, room, address);
    address->tls = take_start(&url, STR("rediss+sentinel://"));
    if (address->tls || take_start(&url, STR("redis+sentinel://")))
        return read_sentinels(url, room, address);
    address->tls = take_start(&url, STR("rediss://"));
    return (address->tls || take_start(&url, STR("redis://"))) && read_tcp(url, room, address);
}

/* Finds where the password begins in a text that looks like an address, and where the '@' after it
 * is. */
static bool find_password(struct str url, size_t *start, size_t *end)
{
    *start = *end = 0;
    if (str_starts(url, STR("unix:")))
        return false;
    for (size_t i = 0; i < url.len; i++) {
        if (!*start && str_starts(str_from_offset(url, i), STR("://")))
            *start = i + 3;
        if (url.ptr[i] == '@')
            *end = i;
    }
    while (*start < *end && url.ptr[*start] != ':')
        ++*start;
    return (*start)++ < *end;
}

bool store_mask_address(struct str url, char *masked, size_t size)
{
    size_t start, end;

    if (find_password(url, &start, &end)) {
        (void)snprintf(masked, size, "%.*s***%.*s", (int)start, url.ptr, (int)(url.len - end),
                       url.ptr + end);
        return true;
    }
    (void)snprintf(masked, size, "%.*s", STR_ARGS(url));
    return false;
}
