/* cron_fuzz.c: any text is a cron expression or has a fault; the due times are in order, and lie in
 * the sets. */
#include <stdlib.h>

#include "base/cron.h"

enum { STEPS = 16, SECONDS_A_DAY = 86400 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void require_order(const struct cron *cron)
{
    int64_t end = (int64_t)47482 * SECONDS_A_DAY, after = -1, next, again;

    for (int i = 0; i < STEPS && cron_next(cron, after, &next); i++) {
        require(next > after && next < end);
        require(cron->sets[0] >> next % 60 & 1);
        require(cron->sets[1] >> next / 60 % 60 & 1);
        require(cron->sets[2] >> next / 3600 % 24 & 1);
        require(cron_next(cron, next - 1, &again) && again == next);
        after = next + (int64_t)i * i * i * SECONDS_A_DAY; /* further with each step */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *arena;
    struct str expression = { (const char *)data, size };
    struct cron cron;
    bool good;

    if (!arena)
        arena = arena_new();
    arena_reset(arena);
    good = cron_read(expression, &cron);
    require(good == !cron_fault(expression, arena).ptr);
    if (good)
        require_order(&cron);
    return 0;
}
