/* accept.h: how much a client wants what it could be answered (RFC 9110, section 12.5.1). */
#ifndef LASTSYNC_ACCEPT_H
#define LASTSYNC_ACCEPT_H

#include "base/str.h"

/* One of the media types that an answer could have. */
struct accept_offer {
    struct str type;    /* in small letters, as in "text/plain" */
    struct str version; /* what its parameter "version" is */
};

struct accept_wish {
    unsigned quality; /* in thousandths; 0: not wanted, or not mentioned */
    bool named;       /* by its name, and not by a wildcard */
};

/* Looks an offer up in the value of an Accept header: the range that fits it most closely counts,
 * and of equally close ones the one that is wanted most. A range without "version" fits any
 * version; its other parameters do not matter. Ranges that are malformed fit nothing; an absent or
 * empty header wants everything. */
struct accept_wish accept_find(struct str accept, const struct accept_offer *offer);

#endif
