/* systemd.c: the protocol of sd_notify(3). */
#include "base/systemd.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

void systemd_tell_ready(void)
{
    static const char ready[] = "READY=1";
    const char *path = getenv("NOTIFY_SOCKET");
    size_t length = path ? strlen(path) : 0;
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    int descriptor;

    if (!length || length > sizeof address.sun_path)
        return;
    memcpy(address.sun_path, path, length);
    if (path[0] == '@')
        address.sun_path[0] = '\0'; /* of the abstract namespace */
    descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || sendto(descriptor, ready, sizeof ready - 1, MSG_NOSIGNAL,
                                 (struct sockaddr *)&address, size) < 0)
        log_line(LOG_WARNING, "systemd cannot be told that lastsync serves: %s", strerror(errno));
    if (descriptor >= 0)
        (void)close(descriptor);
}
