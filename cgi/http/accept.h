/* accept.h: how much a client wants one of the media types in which it can be answered (RFC 9110,
 * section 12.5.1). */
#ifndef LASTSYNC_ACCEPT_H
#define LASTSYNC_ACCEPT_H

#include "base/str.h"

/* A media type that an answer can have. */
struct accept_offer {
    struct str type;    /* in lower case, as in "text/plain" */
    struct str version; /* the value of its parameter "version" */
};

struct accept_wish {
    unsigned quality; /* in thousandths; 0: refused, or not mentioned */
    bool named;       /* mentioned by its name, and not by a wildcard */
};

/* Looks an offer up in the value of an Accept header. The range that fits most closely decides; of
 * several such ranges, the one with the highest quality. A range without "version" fits any
 * version; other parameters are ignored. A malformed range fits nothing. An absent or empty header
 * wants everything. */
struct accept_wish accept_find(struct str accept, const struct accept_offer *offer);

#endif
