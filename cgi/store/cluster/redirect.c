/* redirect.c: reads MOVED, ASK and CLUSTER SLOTS. */
#include "store/cluster/redirect.h"

#include "base/number.h"
#include "store/schema/shard.h"

enum { PORT_MAX = 65535, RANGE_PARTS = 3, NODE_PARTS = 2 };

static bool is_port(int64_t port)
{
    return port > 0 && port <= PORT_MAX;
}

/* An unknown host is absent or empty; or it is a question mark, if the cluster is set to use host
 * names and the node has none. A host that begins with a NUL counts as empty. */
static struct str known_host(struct str host)
{
    if (!host.len || !host.ptr[0] || str_equal(host, STR("?")))
        return (struct str){ NULL, 0 };
    return host;
}

bool redirect_read_range(const struct reply *entry, struct slot_range *range)
{
    const struct reply *parts = entry->items, *primary;

    if (entry->kind != REPLY_LIST || entry->count < RANGE_PARTS)
        return false;
    primary = &parts[2];
    if (parts[0].kind != REPLY_NUMBER || parts[1].kind != REPLY_NUMBER ||
        primary->kind != REPLY_LIST || primary->count < NODE_PARTS ||
        primary->items[1].kind != REPLY_NUMBER)
        return false;
    if (parts[0].number < 0 || parts[0].number > parts[1].number || parts[1].number >= SLOTS ||
        !is_port(primary->items[1].number))
        return false;
    *range =
        (struct slot_range){ (unsigned)parts[0].number, (unsigned)parts[1].number,
                             known_host(primary->items[0].text), (int)primary->items[1].number };
    return true;
}

enum redirect_kind redirect_read(struct str error, struct redirect *redirect)
{
    struct str word = str_take(&error, ' '), slot = str_take(&error, ' '), host = error;
    enum redirect_kind kind = str_equal(word, STR("MOVED")) ? REDIRECT_MOVED
                              : str_equal(word, STR("ASK")) ? REDIRECT_ASK
                                                            : REDIRECT_NONE;
    uint64_t slot_number, port;

    if (kind == REDIRECT_NONE || number_count(slot, SLOTS - 1, &slot_number) != NUMBER_READ)
        return REDIRECT_NONE;
    while (host.len && host.ptr[host.len - 1] != ':')
        host.len--;
    if (!host.len ||
        number_count(str_from_offset(error, host.len), PORT_MAX, &port) != NUMBER_READ || !port)
        return REDIRECT_NONE;
    host.len--;
    *redirect = (struct redirect){ (unsigned)slot_number, known_host(host), (int)port };
    return kind;
}
