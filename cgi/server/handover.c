/* handover.c: sends descriptors over a socket. */
#define _GNU_SOURCE /* MSG_CMSG_CLOEXEC */
#include "server/handover.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>

#include "base/instant.h"

/* Longer than a worker that takes them needs to start. */
enum { PATIENCE_SECONDS = 3, PATIENCE_TICKS = 3000, PAUSE_NANOS = 1000000 };

/* Room for one descriptor beside the message, aligned as the kernel wants it. */
union control {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int))];
};

bool handover_open(int pair[2])
{
    struct timeval patience = { PATIENCE_SECONDS, 0 };

    /* Not datagrams: of those, Linux queues ten. */
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0 &&
           setsockopt(pair[1], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0;
}

/* The kernel waits for room in the socket, but not for descriptors under way to be taken. */
static bool send_patiently(int socket, const struct msghdr *message)
{
    int64_t end = instant_ticks() + PATIENCE_TICKS;

    for (;;) {
        ssize_t sent = sendmsg(socket, message, MSG_NOSIGNAL);

        if (sent >= 0 || errno != ETOOMANYREFS || instant_ticks() >= end)
            return sent == 1;
        (void)nanosleep(&(struct timespec){ 0, PAUSE_NANOS }, NULL);
    }
}

bool handover_send(int socket, int descriptor)
{
    union control control = { .room = { 0 } };
    struct iovec byte = { (char[]){ 0 }, 1 };
    struct msghdr message = { .msg_iov = &byte,
                              .msg_iovlen = 1,
                              .msg_control = control.room,
                              .msg_controllen = sizeof control.room };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptor);
    memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    return send_patiently(socket, &message);
}

int handover_receive(int socket)
{
    union control control;
    char byte;
    struct iovec place = { &byte, 1 };
    struct msghdr message = { .msg_iov = &place,
                              .msg_iovlen = 1,
                              .msg_control = control.room,
                              .msg_controllen = sizeof control.room };
    struct cmsghdr *header;
    int descriptor;

    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) < 0)
        return -1;
    header = CMSG_FIRSTHDR(&message);
    if (!header || header->cmsg_type != SCM_RIGHTS)
        return -1;
    memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
    return descriptor;
}
