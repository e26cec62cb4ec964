/* http.h: requests and responses. */
#ifndef LASTSYNC_HTTP_H
#define LASTSYNC_HTTP_H

#include "base/arena.h"

enum method { GET, HEAD, POST, PUT, DELETE, OPTIONS, OTHER_METHOD, METHOD_COUNT };

/* The method with that name, which is case-sensitive; OTHER_METHOD if there is none. */
enum method method_read(struct str name);

/* The name of a method other than OTHER_METHOD. */
struct str method_name(enum method method);

/* The request headers that are read. */
enum header {
    ACCEPT,
    AUTHORIZATION,
    CONTENT_ENCODING,
    CONTENT_TYPE,
    HOST,
    SEC_FETCH_SITE,
    X_OPAQUE_ID,
    X_REQUESTED_WITH,
    HEADER_COUNT
};

/* A header's name as clients write it. */
struct str header_name(enum header header);

/* How reading the request's body ended. */
enum body_state {
    BODY_WHOLE,     /* it was read to its end; it may be empty */
    BODY_TOO_LARGE, /* it is over the limit, and was not read */
    BODY_CUT        /* the peer sent less, or more, than it said */
};

struct request {
    enum method method;
    struct str method_text;
    struct str target; /* as sent: percent-encoded, with its query */
    struct str id;     /* given by the web server, for the log; or absent */
    struct {
        struct str value; /* the first one's; absent if the header was not sent */
        unsigned count;   /* how often it was sent */
        bool differs;     /* whether any of them differs from the first */
    } headers[HEADER_COUNT];
    enum body_state body_state;
    struct str body;
    struct {
        struct str secret; /* proves that the web server says this */
        struct str user, role, connectors;
    } vouched; /* what the web server says about the client; each may be absent */
};

struct response {
    int status;
    struct str content_type; /* absent: no such header */
    struct str body;
    struct str allow;             /* the methods of the path, for 405 and OPTIONS; or absent */
    struct str opaque_id;         /* the X-Opaque-Id to send back, or absent */
    unsigned retry_after;         /* seconds; 0 for no such header */
    const struct str *challenges; /* of WWW-Authenticate, a header each */
    size_t challenge_count;
};

/* A request and its response, and the memory both live in. */
struct exchange {
    struct request request;
    struct response response;
    struct arena *arena;
    bool answered;
    bool abandoned; /* the client has left */
    unsigned route; /* the application's number for the route, under which the request is counted */
};

/* Adds a header by the name of its CGI parameter, such as "HTTP_ACCEPT". Ignores other
 * parameters. */
void request_add_header(struct request *request, struct str parameter, struct str value);

/* Answers requests. In each turn the server calls `begin` for each request that has arrived, then
 * `flush` once, and sends the responses of all exchanges that are `answered`. The other exchanges
 * go on with the next turn's flush. */
struct application {
    void *state;
    void (*begin)(void *state, struct exchange *exchange);
    void (*flush)(void *state);
    int (*tick)(void *state); /* housekeeping, once a turn. Gives after how many milliseconds it
                                 must be called again, or -1 for no limit */
};

/* Numbers the status codes that are used here, from 0. status_number gives the number of a code; a
 * code that is not used here gets the number after the last. status_of_number gives the code of a
 * number, 0 after the last. */
unsigned status_number(int status);
int status_of_number(unsigned number);

/* The reason phrase of a status code, such as "OK"; empty for a code that is not used here. */
struct str status_words(int status);

/* The response's status line and headers in CGI's form (RFC 3875, section 6.3), and the blank
 * line. */
struct str response_head(const struct response *response, struct arena *arena);

#endif
