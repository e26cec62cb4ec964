/* media.h: media types of requests and responses (API, sections 3.1, 8.4, 8.5; RFC 9110, 8.3.1). */
#ifndef LASTSYNC_MEDIA_H
#define LASTSYNC_MEDIA_H

#include "base/arena.h"

enum media_kind {
    MEDIA_JSON,   /* application/json, and types that are treated like it */
    MEDIA_VENDOR, /* application/vnd.elasticsearch+json, in its several spellings */
    MEDIA_FOREIGN /* well-formed, but none of ours */
};

struct media {
    enum media_kind kind;
    struct str version; /* the N of "compatible-with=N", or absent */
};

/* Reads a header's value. False if it does not have the form type/subtype;name=value... */
bool media_read(struct str value, struct media *media);

/* Whether this version of the API is served: 7, 8, 9, or absent. */
bool media_version_known(struct str version);

/* The Content-Type of an answer in that medium; plain JSON for MEDIA_FOREIGN. A version that is not
 * served is left out. */
struct str media_write(const struct media *media, struct arena *arena);

#endif
