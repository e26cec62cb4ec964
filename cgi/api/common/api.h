/* api.h: the Connector API: from a request to its response, in steps.
 *
 * A call runs the checks of every request, then its route's handler. A handler is a chain of steps:
 * each either answers, or asks the store for one thing and names the step that follows. Nothing
 * here waits. */
#ifndef LASTSYNC_API_H
#define LASTSYNC_API_H

#include "api/common/body.h"
#include "api/common/role.h"
#include "base/log.h"
#include "base/text.h"
#include "http/csv.h"
#include "http/http.h"
#include "http/media.h"
#include "http/target.h"
#include "store/redis/ask.h"

enum progress {
    GO_ON, /* of a check: passed */
    ANSWERED,
    ASKED /* the ask is ready for the store; api_resume follows when it has its outcome */
};

struct access;

struct api_options {
    struct json_budget budget;
    size_t body_limit;   /* bytes, after unpacking */
    size_t answer_limit; /* bytes of an answer's JSON, before it is filtered; if pretty, twice */
    int deadline;        /* milliseconds from when a worker takes a request to its answer */
    const struct ask_settings *store;
    bool require_durable;  /* ready only if Redis keeps the writes that it has acknowledged */
    struct access *access; /* checks what clients may do */
    struct str version;    /* of lastsync */
    struct str elasticsearch_version; /* the version that clients are told */
    uint64_t metrics_connectors;      /* the most connectors with series in the metrics */
};

struct call;
struct subject; /* see update.h */
typedef enum progress step(struct call *call);

/* A parameter that a route knows besides the common ones. WORD is one of the words of `choices`,
 * WORDS a list of them, separated by commas. PATTERN is a text to match others with, of at most
 * PATTERN_MAX bytes; SEARCH is the same, of words as in filter.h; PATHS is a list as in
 * filter_path.h. */
enum parameter_kind { FLAG, COUNT, TEXT, WORD, WORDS, PATTERN, SEARCH, PATHS };

enum { PATTERN_MAX = 256 };

struct parameter_row {
    struct str name;
    enum parameter_kind kind;
    uint64_t fallback;             /* the value of an absent COUNT */
    const struct choices *choices; /* of a WORD or WORDS */
};

enum { PARAMETERS_MAX = 8, CAPTURES_MAX = 1 };

/* A set of roles that may use a route, besides manage_connector: the bit 1 << role for each. With
 * an empty set, a route needs manage_connector. Whoever may monitor may also view. */
enum {
    TO_STRANGERS = 1 << ROLE_NONE,
    TO_REPORT = 1 << ROLE_REPORT,
    TO_MONITOR = 1 << ROLE_MONITOR,
    TO_VIEW = 1 << ROLE_VIEW | TO_MONITOR,
    TO_READ_SECRETS = 1 << ROLE_READ_SECRETS,
    TO_WRITE_SECRETS = 1 << ROLE_WRITE_SECRETS
};

/* Where a request to the route names its connector. A client that may report only for some
 * connectors may use the route for these. */
enum about {
    ABOUT_CAPTURED,  /* the captured id is the connector's */
    ABOUT_JOB,       /* the captured id is a sync job's, which names its connector */
    ABOUT_PARAMETER, /* the parameter connector_id is */
    ABOUT_NONE       /* it is about no connector in particular */
};

struct route {
    enum method method;
    struct str path; /* with {names} for captured segments */
    step *handler;
    const struct form *form; /* NULL: it takes no body */
    bool body_is_optional;   /* with a form */
    step *validate; /* NULL, or a check before the handler runs; gives GO_ON if it passes */
    const struct parameter_row *parameters;
    size_t parameter_count;
    const struct subject *subject; /* the kind of document; NULL: a connector */
    bool sees_trouble;             /* the handler's steps see AWAY, FAULTY and TOO_LARGE too */
    unsigned open_to;
    enum about about;
    const struct csv_table *csv; /* as a table; NULL: JSON only */
    const char *action; /* Elasticsearch's name for it, after "cluster:admin/xpack/connector/"; NULL
                           if it has no such route */
};

/* The value of a parameter, by its kind: a number for FLAG and COUNT; for WORD and WORDS a bit for
 * each given word (1 << its place in the choices); else a text, absent if not given. */
struct parameter_value {
    uint64_t number;
    struct str text;
};

struct call {
    const struct api_options *options;
    struct exchange *exchange;
    struct arena *arena;
    int64_t deadline; /* ticks */

    struct identity {
        enum role role;
        struct str name;       /* of a user, or a key's id */
        struct str owner;      /* of a key; absent for a user */
        struct str connectors; /* that the role is bound to */
    } identity;
    struct str target_fault; /* why the target cannot be read; absent if it can */
    unsigned methods;        /* the methods of the target's path, a bit each */
    size_t checked;          /* how many checks are done */
    bool handled;            /* the checks are done, and the current ask is the handler's */

    const struct csv_table *csv; /* the answer is to be this table; NULL: JSON. A route's `validate`
                                    may choose another one */
    struct media accept, content;
    bool has_accept, has_content; /* whether these two headers were sent and are not ignored */
    struct str body;              /* unpacked */
    const struct route *route;
    struct str id;           /* the captured id, decoded; absent if the route has none */
    struct str capture_name; /* its name in the route's path */
    struct ask ask;
    bool changed;               /* whether a write has changed anything */
    struct log_subject subject; /* the request's ids, for the log */
    step *next;       /* runs when the ask has its outcome; of a check, it may give GO_ON */
    void *details;    /* the handler's own */
    struct text json; /* of a list: the answer with the rows that have arrived */

    struct target target;
    struct parameter_value parameters[PARAMETERS_MAX]; /* by the route's rows */
    struct given given[MEMBERS_MAX];                   /* by the form's */
};

/* Starts a call for an exchange. Gives ANSWERED (the response is in the exchange) or ASKED. The
 * call lives in the exchange's arena. */
enum progress api_begin(const struct api_options *options, struct exchange *exchange,
                        struct call **call);

/* Continues the call once its ask has an outcome. Gives ANSWERED or ASKED. */
enum progress api_resume(struct call *call);

/* ---- for handlers ---- */

/* Answers with a JSON text. */
enum progress respond(struct call *call, int status, struct str json);

/* Answer {"result": ...} and {"acknowledged":true}. */
enum progress respond_result(struct call *call, struct str word);
enum progress respond_acknowledged(struct call *call);

/* Answers with an error. printf's format. */
enum progress fail(struct call *call, int status, enum problem_type type, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Answers with an error in the short form that routing errors have. A status of 0 means 400 without
 * a status in the body. printf's format. */
enum progress fail_short(struct call *call, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Answers that the answer would have more than `most` bytes. */
enum progress fail_too_large(struct call *call, size_t most);

/* Answers with a problem. */
enum progress fail_with(struct call *call, const struct problem *problem);

/* Makes call->ask ready for an operation of the store. `next` runs when it has its outcome. If the
 * store could not serve, an error is answered instead, unless the route `sees_trouble`. */
void ask_store(struct call *call, step *next);

/* Collects the complaints about a request, and answers with all of them, if there are any. */
struct complaints {
    struct text *text;
    unsigned count;
};

void complain(struct call *call, struct complaints *complaints, struct str message);
enum progress fail_if_any(struct call *call, const struct complaints *complaints);

#endif
