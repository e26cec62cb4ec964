/* http.h: what a request and a response are. */
#ifndef LASTSYNC_HTTP_H
#define LASTSYNC_HTTP_H

#include "base/arena.h"

enum method { GET, HEAD, POST, PUT, DELETE, OPTIONS, OTHER_METHOD, METHOD_COUNT };

/* The method of that name (which is case-sensitive), OTHER_METHOD where it is not one of ours. */
enum method method_read(struct str name);

/* The name of a method other than OTHER_METHOD. */
struct str method_name(enum method method);

/* The request headers that mean something here. */
enum header {
    ACCEPT,
    AUTHORIZATION,
    CONTENT_ENCODING,
    CONTENT_TYPE,
    HOST,
    X_OPAQUE_ID,
    X_REQUESTED_WITH,
    HEADER_COUNT
};

/* A header's name as clients write it. */
struct str header_name(enum header header);

/* What became of the request's body while it was read. */
enum body_state {
    BODY_WHOLE,     /* all of it is there; it may be empty */
    BODY_TOO_LARGE, /* over the limit, and not read */
    BODY_CUT        /* the peer sent less, or more, than it said */
};

struct request {
    enum method method;
    struct str method_text;
    struct str target; /* as sent: percent-encoded, with its query */
    struct str id;     /* that the web server gave it, for the log; absent: none */
    struct {
        struct str value; /* the first; absent where the header was not sent */
        unsigned count;   /* how often it was sent */
        bool differs;     /* whether any of them differs from the first */
    } headers[HEADER_COUNT];
    enum body_state body_state;
    struct str body;
    struct {
        struct str secret; /* by which it proves that it is the web server that speaks */
        struct str user, role, connectors;
    } vouched; /* what the web server says of the client; absent where it says nothing */
};

struct response {
    int status;
    struct str content_type; /* absent: no such header */
    struct str body;
    struct str allow;     /* absent, or the methods that the path has, for 405 and OPTIONS */
    struct str opaque_id; /* absent, or the X-Opaque-Id to give back */
    unsigned retry_after; /* seconds; 0 for no such header */
    const struct str *challenges; /* of WWW-Authenticate, a header each */
    size_t challenge_count;
};

/* A request and its response, and the memory both live in. */
struct exchange {
    struct request request;
    struct response response;
    struct arena *arena;
    bool answered;
    bool abandoned; /* nobody waits for the response any more */
    unsigned route; /* a number of the application's for what was asked for, by which requests are
                       counted */
};

/* Takes a header by the name of its CGI parameter ("HTTP_ACCEPT"), if it means something here. */
void request_add_header(struct request *request, struct str parameter, struct str value);

/* What answers requests. A turn of the server calls `begin` for each request that arrived, `flush`
 * once, and sends the responses of all exchanges that are `answered` by then; the others are
 * flushed again in the next turn. */
struct application {
    void *state;
    void (*begin)(void *state, struct exchange *exchange);
    void (*flush)(void *state);
    int (*tick)(void *state); /* once a turn: housekeeping. Gives the milliseconds until it is
                                 wanted again at the latest, -1 for never */
};

/* The number of a status code among those that are used here, and the code of a number: 0 behind
 * the last. A code that is not among them has that number. */
unsigned status_number(int status);
int status_of_number(unsigned number);

/* The words behind a status code, as in "OK"; empty for one that is not used here. */
struct str status_words(int status);

/* The response's status line and headers in CGI's form (RFC 3875, section 6.3), with the blank
 * line. */
struct str response_head(const struct response *response, struct arena *arena);

#endif
