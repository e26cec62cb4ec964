/* body.h: reads a JSON request body against a table of the fields it may have (API, sections 3.2
 * - 3.9). */
#ifndef LASTSYNC_BODY_H
#define LASTSYNC_BODY_H

#include "api/common/problem.h"
#include "base/json.h"

enum kind {
    STRING,
    INSTANT,  /* a datetime, kept as it is printed */
    CHOICE,   /* one of a list of words, in any case, kept in lower case */
    SCHEDULE, /* a cron expression */
    LONG,     /* 64 bits; a fraction is cut off, and a string with a number in it is one */
    INTEGER,  /* the same with 32 bits */
    BOOLEAN,
    OBJECT,  /* with any members */
    RECORD,  /* an object with the members of the field's form */
    RECORDS, /* a list of those, or one of them */
    MAP,     /* an object with any names, and such a record for each */
    STRINGS, /* a list of strings, or one string */
    SCALAR,  /* a string, a number or a boolean */
    SCALAR_OR_OBJECT,
    OBJECT_OR_LIST,
    ANY,   /* any value but null */
    FIXED, /* any value, which is not kept: its member's fallback is */
    KIND_COUNT
};

/* The words that a CHOICE may have, and what errors call them. */
struct choices {
    struct str name;
    const struct str *words;
    size_t count;
    bool exact; /* upper and lower case differ */
};

/* A field of a document: as bodies bring it, as it is stored and as it is printed. */
struct field {
    struct str name;
    enum kind kind;
    const struct choices *choices; /* of a CHOICE */
    const struct form *form;       /* of a RECORD, RECORDS or MAP */
    struct str when_absent; /* the JSON that is printed where it is absent; else nothing is */
};

/* Whether a field of that kind is printed as a JSON string (else it is stored as JSON already). */
bool kind_is_quoted(enum kind kind);

/* How a body may hold a field: null clears it, null is as if it were absent, it must be there. */
enum { NULLABLE = 1, IGNORE_NULL = 2, REQUIRED = 4 };

struct member {
    const struct field *field;
    unsigned flags;
    const char
        *fallback; /* in a record: the JSON that is kept where it is absent; NULL for nothing */
};

/* A fallback that stands for the time of the request. */
extern const char FALLBACK_NOW[];

enum { MEMBERS_MAX = 32 };

/* What a body, or an object within it, may hold. */
struct form {
    struct str parser; /* what errors call it */
    const struct member *members;
    size_t count; /* at most MEMBERS_MAX */
    bool lenient; /* other members are dropped, as in all objects within a body; else they are
                     refused */
};

struct json_object;

/* What a body holds of one member of its form. */
struct given {
    enum { ABSENT, NULLED, GIVEN } presence;
    struct str text;          /* GIVEN, of a kind up to BOOLEAN: as it is stored */
    struct json_object *tree; /* GIVEN, of any other kind */
};

/* Reads the body, fills a `given` for each member of the form, and gives NULL; or the first
 * problem, in the order of the text. All of it lives in the arena. */
const struct problem *body_read(struct str body, const struct form *form, struct json_budget budget,
                                struct arena *arena, struct given *given);

#endif
