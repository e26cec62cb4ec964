/* body.h: reads a JSON request body against a table of the fields it may have (API, sections 3.2
 * - 3.9). */
#ifndef LASTSYNC_BODY_H
#define LASTSYNC_BODY_H

#include "api/problem.h"
#include "base/json.h"

enum kind {
    STRING,
    INSTANT, /* a datetime, kept as it is printed */
    CHOICE,  /* one of a list of words, in any case, kept in lower case */
    LONG,    /* 64 bits; a fraction is cut off, and a string with a number in it is one */
    BOOLEAN,
    OBJECT, /* any members; merged into what is stored */
    LIST,
    KIND_COUNT
};

/* The words that a CHOICE may have, and what errors call them. */
struct choices {
    struct str name;
    const struct str *words;
    size_t count;
};

/* A field of a document: as bodies bring it, as it is stored and as it is printed. */
struct field {
    struct str name;
    enum kind kind;
    const struct choices *choices; /* of a CHOICE */
    bool null_when_absent;         /* whether it is printed, as null, where it is absent */
};

/* Whether a field of that kind is printed as a JSON string (else it is stored as JSON already). */
bool kind_is_quoted(enum kind kind);

/* How a body may hold a field. */
enum { NULLABLE = 1, REQUIRED = 2 };

struct member {
    const struct field *field;
    unsigned flags;
};

enum { MEMBERS_MAX = 16 };

/* What a body may hold. */
struct form {
    struct str parser; /* what errors call it */
    const struct member *members;
    size_t count; /* at most MEMBERS_MAX */
};

struct json_object;

/* What a body holds of one member of its form. */
struct given {
    enum { ABSENT, NULLED, GIVEN } presence;
    struct str text;          /* GIVEN, any kind but OBJECT and LIST: as it is stored */
    struct json_object *tree; /* GIVEN, OBJECT and LIST */
};

/* Reads the body, fills a `given` for each member of the form, and gives NULL; or the first
 * problem, in the order of the text. All of it lives in the arena. */
const struct problem *body_read(struct str body, const struct form *form, struct json_budget budget,
                                struct arena *arena, struct given *given);

#endif
