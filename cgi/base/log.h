/* log.h: one line per event on standard error. Never a body, never a secret. */
#ifndef LASTSYNC_LOG_H
#define LASTSYNC_LOG_H

enum log_level { LOG_ERROR, LOG_WARNING, LOG_NOTICE };

/* Writes "lastsync[pid] level: " and the text, control bytes replaced by '?'. printf's format. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same, for what may come with every request: at most one line a second of each level. */
void log_repeated(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
