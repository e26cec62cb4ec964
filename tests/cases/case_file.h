/* case_file.h: reads cases, each a request and the answer it should get, from a text file.
 *
 *     # Comments and blank lines are free between cases.
 *
 *     == what the case shows
 *     PUT /_connector/c1/_last_sync?pretty
 *     X-Opaque-Id: 7
 *
 *     {"last_sync_status":"bad"}
 *     --
 *     400
 *     X-Opaque-Id: 7
 *     !Retry-After
 *
 *     {"error":{*},"status":400}
 *
 * The request: a request line without version; headers; a blank line and the body, where there is
 * one. The newline before "--" is not part of the body. A body gets `Content-Type:
 * application/json` where the case names no Content-Type; `Content-Type: (none)` sends none. These
 * lines are not sent:
 *
 *     Body-Escapes: yes      \n \r \t \0 \\ and \xHH in the body stand for those bytes
 *     Head-Escapes: yes      the same in the target and in the values of headers
 *     Repeat: N text         N copies of the text replace the next "(repeat)" in the target, in the
 *                            headers' values, and then in the body; "%d" in the text is the
 *                            number of the copy, from 0.
 *                            Escapes are read after that, those of the text too
 *     Keep-Id: name          the id in the answer replaces "(name)" in all that follows in the file
 *
 * The answer: its status; headers it must have (several lines of one name must all fit one);
 * `!Name` for one it must not have; a blank line and the body. Without a body the body is not
 * looked at,
 * "(empty)" is an empty one. In bodies and in header values '*' stands for any run of bytes and all
 * else for itself. `Body-Escapes: yes` works here too. */
#ifndef LASTSYNC_CASES_CASE_FILE_H
#define LASTSYNC_CASES_CASE_FILE_H

#include "base/arena.h"

#include "inprocess.h"

enum { CASE_HEADERS_MAX = 16 };

struct expected_header {
    struct str name;
    struct str value; /* absent: there must be no such header */
};

struct expectation {
    int status;
    struct expected_header headers[CASE_HEADERS_MAX];
    size_t header_count;
    struct str body; /* absent: any */
};

struct test_case {
    size_t line;
    struct str title;
    struct str method;
    struct str target;
    struct header_line headers[CASE_HEADERS_MAX];
    size_t header_count;
    struct str body;
    struct str kept_id; /* what the answer's id is called in what follows; absent: not at all */
    struct expectation expected;
};

/* Where reading a file has come to. */
struct case_file {
    const char *path;
    struct str rest;
    size_t line; /* the number of the line that was read last */
};

/* A file from its beginning; its text is kept in the arena. */
struct case_file case_file_open(const char *path, struct arena *arena);

/* Reads the next case into the arena; false at the end of the file. What cannot be read ends the
 * process: a case that is skipped would pass for one that was tried. */
bool case_file_next(struct case_file *file, struct arena *arena, struct test_case *next);

/* Replaces "(name)" in all that follows in the file. The text is kept in the arena. */
void case_file_replace(struct case_file *file, struct str name, struct str text,
                       struct arena *arena);

#endif
