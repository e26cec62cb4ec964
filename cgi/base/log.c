/* log.c: writes log lines. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/instant.h"

enum { LINE_MAX_BYTES = 1024, REPEAT_MILLISECONDS = 1000 };

static const char *const level_names[] = {
    [LOG_ERROR] = "error",
    [LOG_WARNING] = "warning",
    [LOG_NOTICE] = "notice",
};

static void write_line(enum log_level level, const char *format, va_list values)
{
    char line[LINE_MAX_BYTES];
    int start =
        snprintf(line, sizeof line, "lastsync[%ld] %s: ", (long)getpid(), level_names[level]);
    size_t room = sizeof line - (size_t)start - 1, len;
    int wanted = vsnprintf(line + start, room, format, values);

    if (wanted < 0)
        return;
    len = (size_t)start + ((size_t)wanted < room ? (size_t)wanted : room - 1);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    line[len++] = '\n';
    /* One write, so that lines of several workers do not mix; where it fails there is nobody to
     * tell. */
    if (write(STDERR_FILENO, line, len) < 0)
        return;
}

void log_line(enum log_level level, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    write_line(level, format, values);
    va_end(values);
}

void log_repeated(enum log_level level, const char *format, ...)
{
    static int64_t next[sizeof level_names / sizeof level_names[0]];
    int64_t now = instant_ticks();
    va_list values;

    if (now < next[level])
        return;
    next[level] = now + REPEAT_MILLISECONDS;
    va_start(values, format);
    write_line(level, format, values);
    va_end(values);
}
