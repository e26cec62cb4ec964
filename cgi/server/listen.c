/* listen.c: opens listening sockets. */
#include "server/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/number.h"

enum { BACKLOG = 1024, SOCKET_MODE = 0660, HOST_MAX = 256, PORT_MAX = 65535 };

static const char unix_prefix[] = "unix:";

static const char *unix_path(const char *address)
{
    size_t len = sizeof unix_prefix - 1;

    return strncmp(address, unix_prefix, len) == 0 ? address + len : NULL;
}

static int complain(const char *address, const char *why)
{
    log_line(LOG_ERROR, "cannot listen on %s: %s", address, why);
    return -1;
}

static int open_inherited(void)
{
    int listening = 0;
    socklen_t size = sizeof listening;

    if (getsockopt(STDIN_FILENO, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) || !listening)
        return complain("descriptor 0", "it is not a listening socket; name one with --listen");
    return STDIN_FILENO;
}

/* Whether somebody accepts connections there. */
static bool is_served(const struct sockaddr_un *place)
{
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool served = descriptor >= 0 &&
                  (connect(descriptor, (const struct sockaddr *)place, sizeof *place) == 0 ||
                   errno == EAGAIN); /* its backlog is full */

    if (descriptor >= 0)
        (void)close(descriptor);
    return served;
}

static int open_unix(const char *address, const char *path)
{
    struct sockaddr_un place = { .sun_family = AF_UNIX };
    struct stat status;
    mode_t mask;
    int descriptor, bound;

    if (path[0] != '/')
        return complain(address, "the path must begin with a slash");
    if (strlen(path) >= sizeof place.sun_path)
        return complain(address, "the path is too long for a Unix socket");
    memcpy(place.sun_path, path, strlen(path));
    if (lstat(path, &status) == 0) {
        if (!S_ISSOCK(status.st_mode))
            return complain(address, "the path exists and is not a socket");
        if (is_served(&place))
            return complain(address, "another program serves on it");
        (void)unlink(path);
    }
    descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return complain(address, strerror(errno));
    mask = umask(0777 & ~SOCKET_MODE);
    bound = bind(descriptor, (const struct sockaddr *)&place, sizeof place);
    (void)umask(mask);
    if (bound == 0 && listen(descriptor, BACKLOG) == 0)
        return descriptor;
    (void)close(descriptor);
    return complain(address, strerror(errno));
}

/* Binds to the first of the addresses that a name stands for. */
static int bind_first(const struct addrinfo *found)
{
    int descriptor = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    if (descriptor < 0)
        return -1;
    (void)setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(descriptor, found->ai_addr, found->ai_addrlen) == 0 &&
        listen(descriptor, BACKLOG) == 0)
        return descriptor;
    (void)close(descriptor);
    return -1;
}

static int open_tcp(const char *address)
{
    static const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
    const char *colon = strrchr(address, ':');
    char host[HOST_MAX];
    struct addrinfo *found;
    uint64_t port;
    size_t len;
    int descriptor, fault;

    if (!colon || (size_t)(colon - address) >= sizeof host)
        return complain(address, "it is neither unix:/path nor host:port");
    if (number_count(str_from(colon + 1), PORT_MAX, &port) != NUMBER_READ)
        return complain(address, "the port must be a number up to 65535");
    len = (size_t)(colon - address);
    memcpy(host, address, len);
    host[len] = '\0';
    if (len > 1 && host[0] == '[' && host[len - 1] == ']') {
        host[len - 1] = '\0';
        memmove(host, host + 1, len - 1);
    }
    fault = getaddrinfo(host[0] ? host : NULL, colon + 1, &hints, &found);
    if (fault)
        return complain(address, gai_strerror(fault));
    descriptor = bind_first(found);
    freeaddrinfo(found);
    return descriptor < 0 ? complain(address, strerror(errno)) : descriptor;
}

int listen_open(const char *address)
{
    int descriptor;

    if (!address || !address[0])
        return open_inherited();
    descriptor = unix_path(address) ? open_unix(address, unix_path(address)) : open_tcp(address);
    return descriptor;
}

void listen_remove(const char *address)
{
    if (address && unix_path(address))
        (void)unlink(unix_path(address));
}
