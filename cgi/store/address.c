/* address.c: reads where Redis listens. */
#include "base/number.h"
#include "store/store.h"

enum { PORT_DEFAULT = 6379, PORT_MAX = 65535, DATABASE_MAX = 1000000 };

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

/* Copies a part into the room, as a C string. */
static const char *keep(struct str part, char *room)
{
    memcpy(room, part.ptr, part.len);
    room[part.len] = '\0';
    return room;
}

static bool read_unix(struct str rest, char *room, struct store_address *address)
{
    struct str path;

    if (str_starts(rest, STR("//")))
        rest = str_from_offset(rest, 2);
    path = str_take(&rest, '?');
    if (!path.len || path.ptr[0] != '/')
        return false;
    address->path = keep(path, room);
    return !rest.ptr || (take_start(&rest, STR("db=")) && read_database(rest, address));
}

static bool read_tcp(struct str rest, char *room, struct store_address *address)
{
    struct str place = str_take(&rest, '/'), host;
    uint64_t port = PORT_DEFAULT;

    if (place.len && place.ptr[0] == '[') { /* an IPv6 address */
        place = str_from_offset(place, 1);
        host = str_take(&place, ']');
        if (!place.ptr || (place.len && !take_start(&place, STR(":"))))
            return false;
        if (!place.len && place.ptr[-1] == ']')
            place.ptr = NULL; /* no port */
    } else {
        host = str_take(&place, ':');
    }
    if (!host.len || memchr(host.ptr, '@', host.len))
        return false;
    if (place.ptr && (number_count(place, PORT_MAX, &port) != NUMBER_READ || !port))
        return false;
    address->host = keep(host, room);
    address->port = (int)port;
    return !rest.len || read_database(rest, address);
}

bool store_read_address(struct str url, char *room, struct store_address *address)
{
    *address = (struct store_address){ .path = NULL };
    if (take_start(&url, STR("unix:")))
        return read_unix(url, room, address);
    if (take_start(&url, STR("redis://")))
        return read_tcp(url, room, address);
    return false;
}
