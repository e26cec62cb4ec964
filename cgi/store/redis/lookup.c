/* lookup.c: asks the resolver in a thread. */
#include "store/redis/lookup.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/thread.h"

/* It has two owners: the thread, and the caller of lookup_begin. The last one to finish frees
 * it. */
struct lookup {
    atomic_bool left; /* whether one owner has finished */
    atomic_bool done; /* whether the result is there */
    const char *fault;
    char address[LOOKUP_ADDRESS_MAX];
    char host[]; /* a C string */
};

static void leave(struct lookup *lookup)
{
    if (atomic_exchange(&lookup->left, true))
        free(lookup);
}

bool lookup_is_address(const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

/* IPv4 goes first: if a name has both, servers more often listen there. */
static const struct addrinfo *choose(const struct addrinfo *found)
{
    for (const struct addrinfo *one = found; one; one = one->ai_next)
        if (one->ai_family == AF_INET)
            return one;
    return found;
}

static const char *find(struct lookup *lookup)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *one;
    struct addrinfo *found;
    int fault = getaddrinfo(lookup->host, NULL, &hints, &found);

    if (fault)
        return gai_strerror(fault);
    one = choose(found);
    fault = getnameinfo(one->ai_addr, one->ai_addrlen, lookup->address, sizeof lookup->address,
                        NULL, 0, NI_NUMERICHOST);
    freeaddrinfo(found);
    return fault ? gai_strerror(fault) : NULL;
}

static void *run(void *context)
{
    struct lookup *lookup = context;

    lookup->fault = find(lookup);
    atomic_store(&lookup->done, true);
    leave(lookup);
    return NULL;
}

static bool start_thread(struct lookup *lookup)
{
    pthread_t thread;

    if (thread_begin(&thread, run, lookup))
        return false;
    (void)pthread_detach(thread);
    return true;
}

struct lookup *lookup_begin(const char *host)
{
    size_t size = strlen(host) + 1;
    struct lookup *lookup = calloc(1, sizeof *lookup + size);

    if (!lookup)
        return NULL;
    memcpy(lookup->host, host, size);
    if (start_thread(lookup))
        return lookup;
    free(lookup);
    return NULL;
}

bool lookup_end(struct lookup *lookup, char address[LOOKUP_ADDRESS_MAX], const char **fault)
{
    if (!atomic_load(&lookup->done))
        return false;
    *fault = lookup->fault;
    memcpy(address, lookup->address, LOOKUP_ADDRESS_MAX);
    leave(lookup);
    return true;
}

void lookup_abandon(struct lookup *lookup)
{
    leave(lookup);
}
