/* body.h: reads a JSON request body against a table of the fields it may have (API, sections 3.2
 * - 3.9). */
#ifndef LASTSYNC_BODY_H
#define LASTSYNC_BODY_H

#include "api/common/problem.h"
#include "base/json.h"
#include "store/schema/fields.h"

enum kind {
    STRING,
    INSTANT,  /* a datetime, kept as it is printed */
    CHOICE,   /* one of a list of words, in any case, kept in lower case */
    SCHEDULE, /* a cron expression */
    LONG,     /* a number, or a string with one; without its fraction it has 64 bits */
    INTEGER,  /* like LONG, with 32 bits */
    BOOLEAN,
    OBJECT,  /* with any members */
    RECORD,  /* an object with the members of the field's form */
    RECORDS, /* a list of such objects, or one of them */
    MAP,     /* an object with any names, each with such an object as its value */
    STRINGS, /* a list of strings, or one string */
    SCALAR,  /* a string, a number or a boolean */
    SCALAR_OR_OBJECT,
    OBJECT_OR_LIST,
    ANY,   /* any value but null */
    FIXED, /* any value; the member's fallback is kept instead */
    KIND_COUNT
};

/* The words that a CHOICE may have, and their name in errors. */
struct choices {
    struct str name;
    const struct str *words;
    size_t count;
    bool exact; /* upper and lower case differ */
};

/* A field of a document: how a body may hold it, and how it is stored and printed. */
struct field {
    struct str name;
    enum kind kind;
    const struct choices *choices; /* of a CHOICE */
    const struct form *form;       /* of a RECORD, RECORDS or MAP */
    struct str when_absent; /* the JSON that is printed if the field is absent; absent: the field is
                               left out */
};

/* Whether a field of that kind is printed as a JSON string. The other kinds are stored as JSON. */
bool kind_is_quoted(enum kind kind);

/* How a body may hold a field: null clears it; null counts as absent; it is required. */
enum { NULLABLE = 1, IGNORE_NULL = 2, REQUIRED = 4 };

struct member {
    const struct field *field;
    unsigned flags;
    const char
        *fallback; /* in a record: the JSON that is kept if the member is absent; NULL: none */
};

/* The fallback that means the time of the request. */
extern const char FALLBACK_NOW[];

/* The most members that a form has: all fields of a connector, and the two times that the connector
 * service writes beside them (api/service/update.c). */
enum { MEMBERS_MAX = CONNECTOR_FIELDS + 2 };

/* What a body, or an object within it, may hold. */
struct form {
    struct str parser; /* its name in errors */
    const struct member *members;
    size_t count; /* at most MEMBERS_MAX */
    bool lenient; /* other members are dropped instead of refused. Objects within a body are always
                     lenient */
};

struct json_object;

/* One member of a form, as a body holds it. */
struct given {
    enum { ABSENT, NULLED, GIVEN } presence;
    struct str text;          /* of a GIVEN value of a kind up to BOOLEAN: as it is stored */
    struct json_object *tree; /* of a GIVEN value of any other kind */
};

/* Reads the body, fills in a `given` for each member of the form, and gives NULL; or gives the
 * first problem in the order of the text. The results live in the arena. */
const struct problem *body_read(struct str body, const struct form *form, struct json_budget budget,
                                struct arena *arena, struct given *given);

#endif
