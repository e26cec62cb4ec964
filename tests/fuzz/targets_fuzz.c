/* targets_fuzz.c: any bytes as a file of targets for events: each target that is read has an
 * address and lies within its bounds. */
#define _GNU_SOURCE /* memfd_create */
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "notify/target.h"

static void check(const struct target *target)
{
    REQUIRE(target->name.len && target->type < TARGET_TYPES);
    REQUIRE(str_starts(target->url, STR("http://")) || str_starts(target->url, STR("https://")));
    REQUIRE(!target->url.ptr[target->url.len]);
    REQUIRE(!target->secret.len || target->type == TARGET_WEBHOOK);
    REQUIRE(target->timeout >= 1 && target->timeout <= 15);
    REQUIRE(target->group <= 3600 && target->window <= 86400);
    /* Matching a pattern takes time in proportion to its length. */
    (void)(target->types && glob_fits(target->types, target->url));
    (void)(target->connectors && glob_fits(target->connectors, target->url));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct targets targets;
    char path[64];
    int file = memfd_create("targets", MFD_CLOEXEC);

    REQUIRE(file >= 0 && write(file, data, size) == (ssize_t)size);
    REQUIRE(fchmod(file, S_IRUSR) == 0);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (targets_read(path, fuzz_arena(), &targets)) {
        REQUIRE(targets.count && targets.count <= TARGETS_MAX);
        for (size_t i = 0; i < targets.count; i++)
            check(&targets.rows[i]);
    }
    (void)close(file);
    return 0;
}
