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
    GO_ON, /* of a check: nothing to object to */
    ANSWERED,
    ASKED /* the ask is ready for the store; api_resume follows when it has its outcome */
};

struct access;

struct api_options {
    struct json_budget budget;
    size_t body_limit;   /* bytes, after unpacking */
    size_t answer_limit; /* bytes of an answer's JSON, before it is filtered or made pretty */
    int deadline;        /* milliseconds from the request's arrival to its answer */
    const struct ask_settings *store;
    bool require_durable;             /* ready only where Redis keeps what it has acknowledged */
    struct access *access;            /* who may do what */
    struct str version;               /* of lastsync */
    struct str elasticsearch_version; /* that clients are told */
    uint64_t metrics_connectors;      /* that have series of their own in the metrics */
};

struct call;
struct subject; /* see update.h */
typedef enum progress step(struct call *call);

/* A parameter that a route knows besides the common ones. WORD is one of the words of `choices`,
 * WORDS a list of them with commas. PATTERN is a text that is matched with others, of at most
 * PATTERN_MAX bytes, PATHS a list as in filter_path.h. */
enum parameter_kind { FLAG, COUNT, TEXT, WORD, WORDS, PATTERN, PATHS };

enum { PATTERN_MAX = 256 };

struct parameter_row {
    struct str name;
    enum parameter_kind kind;
    uint64_t fallback;             /* of a COUNT that is not given */
    const struct choices *choices; /* of a WORD or WORDS */
};

enum { PARAMETERS_MAX = 8, CAPTURES_MAX = 1 };

/* Who besides manage_connector may use a route: a set. The routes that say nothing are for
 * manage_connector alone. */
enum {
    TO_MONITOR = 1,
    TO_REPORT = 2,
    TO_STRANGERS = 4,
    TO_READ_SECRETS = 8,
    TO_WRITE_SECRETS = 16
};

/* Where a route says which connector it is about. A client that may report for some connectors only
 * may do so here for these. */
enum about {
    ABOUT_CAPTURED,  /* the captured id is the connector's */
    ABOUT_JOB,       /* the captured id is a sync job's, which has it */
    ABOUT_PARAMETER, /* the parameter connector_id is */
    ABOUT_NONE       /* it is about no connector in particular */
};

struct route {
    enum method method;
    struct str path; /* with {names} for what is captured */
    step *handler;
    const struct form *form; /* NULL: it takes no body */
    bool body_is_optional;   /* with a form */
    step *validate;          /* NULL, or what is checked before the handler runs; gives GO_ON */
    const struct parameter_row *parameters;
    size_t parameter_count;
    const struct subject *subject; /* what it works on; NULL: a connector */
    bool sees_trouble;             /* the handler's steps see the outcomes AWAY and FAULTY too */
    unsigned open_to;
    enum about about;
    const struct csv_table *csv; /* its answer as a table; NULL: it has none */
    const char *action; /* what Elasticsearch calls it, behind "cluster:admin/xpack/connector/";
                           NULL for what it does not have */
};

/* The value of a parameter, by its row: a FLAG or COUNT as a number, WORD and WORDS as a bit for
 * each word that is given (1 << its place in the choices), else as text, absent if not given. */
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
        struct str owner;      /* of a key; absent where it is a user */
        struct str connectors; /* that the role is bound to */
    } identity;
    struct str target_fault; /* why the target cannot be read; absent where it can */
    unsigned methods;        /* that the target's path has */
    size_t checked;          /* how many checks are done */
    bool handled;            /* the checks are done, and what is asked now is the handler's */

    const struct csv_table *csv; /* its answer shall be this table; NULL: JSON. A route's `validate`
                                    may choose another one */
    struct media accept, content;
    bool has_accept, has_content; /* whether these two were sent and count */
    struct str body;              /* unpacked */
    const struct route *route;
    struct str id;           /* the captured id, decoded; absent where the route has none */
    struct str capture_name; /* what the route's path calls it */
    struct ask ask;
    bool changed;               /* whether a write has changed anything */
    struct log_subject subject; /* the request's ids, for the log */
    step *next;                 /* when the ask has its outcome; of a check, it may give GO_ON */
    void *details;              /* the handler's own */
    struct text json;           /* of a list: its answer, as far as its rows have come */

    struct target target;
    struct parameter_value parameters[PARAMETERS_MAX]; /* by the route's rows */
    struct given given[MEMBERS_MAX];                   /* by the form's */
};

/* Starts a call for an exchange: ANSWERED (the response is in the exchange) or ASKED. The call
 * lives in the exchange's arena. */
enum progress api_begin(const struct api_options *options, struct exchange *exchange,
                        struct call **call);

/* Goes on after an ask: ANSWERED or ASKED. */
enum progress api_resume(struct call *call);

/* ---- for handlers ---- */

/* Answers with a JSON text. */
enum progress respond(struct call *call, int status, struct str json);

/* Answers {"result": ...}, {"acknowledged":true}. */
enum progress respond_result(struct call *call, struct str word);
enum progress respond_acknowledged(struct call *call);

/* Answers with an error. printf's format. */
enum progress fail(struct call *call, int status, enum problem_type type, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Answers with an error in the short form that routing makes. A status of 0 is 400, and is not said
 * in the body. printf's format. */
enum progress fail_short(struct call *call, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Answers with a problem. */
enum progress fail_with(struct call *call, const struct problem *problem);

/* Makes call->ask ready for an operation of the store; `next` follows its outcome, unless the store
 * could not serve: that is answered here. */
void ask_store(struct call *call, step *next);

/* Collects what a request does wrong; answers with all of it, if anything. */
struct complaints {
    struct text *text;
    unsigned count;
};

void complain(struct call *call, struct complaints *complaints, struct str message);
enum progress fail_if_any(struct call *call, const struct complaints *complaints);

#endif
