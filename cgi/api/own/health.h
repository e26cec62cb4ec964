/* health.h: what is wrong with Redis, in words: for /_lastsync/health/ready and for the metrics. */
#ifndef LASTSYNC_API_HEALTH_H
#define LASTSYNC_API_HEALTH_H

#include "api/common/api.h"
#include "base/text.h"
#include "store/redis/health.h"

struct verdict {
    struct text problems, warnings; /* sentences as JSON strings, separated by commas; a problem
                                       keeps lastsync from being ready */
    bool durable; /* Redis keeps what it has acknowledged, as far as its settings tell */
};

/* Judges what health_ask has read, after call->ask, with which it was asked, has ended. */
struct verdict health_judge(struct call *call, const struct healths *healths);

#endif
