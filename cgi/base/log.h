/* log.h: one line per event on standard error. Never a body, never a secret.
 *
 * As text:  lastsync[pid] level: message name=value name="other value"
 * As JSON:  {"time":"...","level":"...","pid":1,"message":"...","name":"value"}
 *
 * Bytes that would break the line or the JSON object are escaped. If standard error is systemd's
 * journal, the level stands in front, as "<3>". */
#ifndef LASTSYNC_LOG_H
#define LASTSYNC_LOG_H

#include <stdint.h>

#include "base/str.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_TEXT, LOG_JSON };

/* Their names, with a NULL after the last. */
extern const char *const log_level_words[], *const log_format_words[];

/* Sets how lines look, and up to which level they are written. Until it is called: LOG_TEXT,
 * LOG_NOTICE. */
void log_setup(enum log_format format, enum log_level level);

/* Whether lines of that level are written. If not, the caller can spare itself the work of making
 * one. */
bool log_wants(enum log_level level);

/* Writes a line; `format` is printf's. A message is cut after a kilobyte. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Like log_line, but writes at most one line a second of each level: for what may come with every
 * request. */
void log_repeated(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

enum { LOG_TEXT_MAX = 256 }; /* bytes of a field's text, escaped, that a line shows */

/* A name and value that follow the message of a line. */
struct log_field {
    const char *name;
    struct str text; /* absent: the value is the number */
    int64_t number;
};

enum { LOG_FIELDS_MAX = 8 };

/* Writes a line with `count` fields, at most LOG_FIELDS_MAX. */
void log_event(enum log_level level, const char *message, const struct log_field *fields,
               size_t count);

/* The request that lines are about. */
struct log_subject {
    struct str request_id, opaque_id; /* absent: not known */
};

/* Adds the ids of this request to the lines that follow, until it is called again; NULL adds none.
 * The subject must live until then. */
void log_about(const struct log_subject *subject);

#endif
