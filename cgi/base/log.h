/* log.h: one line per event on standard error. Never a body, never a secret.
 *
 * As text:  lastsync[pid] level: message name=value name="other value"
 * As JSON:  {"time":"...","level":"...","pid":1,"message":"...","name":"value"}
 *
 * Whatever bytes a message or a value has, the line stays one line, and one JSON object. Where
 * standard error is systemd's journal, the level stands in front, as "<3>". */
#ifndef LASTSYNC_LOG_H
#define LASTSYNC_LOG_H

#include <stdint.h>

#include "base/str.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_TEXT, LOG_JSON };

/* Their names, with a NULL behind the last. */
extern const char *const log_level_words[], *const log_format_words[];

/* How lines look from now on, and which are written: those up to the level. Before, it is text and
 * LOG_NOTICE. */
void log_setup(enum log_format format, enum log_level level);

/* Whether lines of that level are written: what is only for them need not be made. */
bool log_wants(enum log_level level);

/* Writes a line. printf's format. A message is cut after a kilobyte. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same, for what may come with every request: at most one line a second of each level. */
void log_repeated(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

enum { LOG_TEXT_MAX = 256 }; /* bytes that are shown of a field's text, as it is written */

/* What a line says besides its message. */
struct log_field {
    const char *name;
    struct str text; /* absent: it is the number */
    int64_t number;
};

enum { LOG_FIELDS_MAX = 8 };

/* A line with up to LOG_FIELDS_MAX fields. */
void log_event(enum log_level level, const char *message, const struct log_field *fields,
               size_t count);

/* The request that lines are about. */
struct log_subject {
    struct str request_id, opaque_id; /* absent: not known */
};

/* Lets the lines to come have the request's ids as well, until it is told of another one, or NULL.
 * The subject must live until then. */
void log_about(const struct log_subject *subject);

#endif
