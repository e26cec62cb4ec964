/* log.c: writes log lines. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/utf8.h"

/* A line fits PIPE_BUF, so that lines of several workers do not mix in a pipe. */
enum { LINE_MAX_BYTES = 4096, MESSAGE_MAX = 1024, ESCAPED_MAX = 6, REPEAT_MILLISECONDS = 1000 };

const char *const log_level_words[] = {
    [LOG_ERROR] = "error", [LOG_WARNING] = "warning", [LOG_NOTICE] = "notice",
    [LOG_INFO] = "info",   [LOG_DEBUG] = "debug",     NULL,
};

const char *const log_format_words[] = { [LOG_TEXT] = "text", [LOG_JSON] = "json", NULL };

enum { LEVELS = sizeof log_level_words / sizeof log_level_words[0] - 1 };

/* By syslog's numbers. */
static const char *const journal_prefixes[LEVELS] = {
    [LOG_ERROR] = "<3>", [LOG_WARNING] = "<4>", [LOG_NOTICE] = "<5>",
    [LOG_INFO] = "<6>",  [LOG_DEBUG] = "<7>",
};

static enum log_format format_in_force = LOG_TEXT;
static enum log_level level_in_force = LOG_NOTICE;
static bool to_journal;
static const struct log_subject *about;

/* Whether standard error is the journal's socket: JOURNAL_STREAM is "device:inode" of it. */
static bool is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat status;
    char own[64];

    if (!stream || fstat(STDERR_FILENO, &status))
        return false;
    (void)snprintf(own, sizeof own, "%llu:%llu", (unsigned long long)status.st_dev,
                   (unsigned long long)status.st_ino);
    return strcmp(stream, own) == 0;
}

void log_setup(enum log_format format, enum log_level level)
{
    format_in_force = format;
    level_in_force = level;
    to_journal = is_journal();
}

bool log_wants(enum log_level level)
{
    return level <= level_in_force;
}

void log_about(const struct log_subject *subject)
{
    about = subject;
}

/* ---- lines ---- */

struct line {
    char text[LINE_MAX_BYTES];
    size_t len;
};

/* Adds as much as fits; never cuts an escaped character in the middle. */
static void add(struct line *line, struct str bytes)
{
    if (line->len + bytes.len >= sizeof line->text - 1)
        return;
    memcpy(line->text + line->len, bytes.ptr, bytes.len);
    line->len += bytes.len;
}

/* The character at the front of a text as it may stand between quotes, and how many bytes it took.
 */
static size_t escape(struct str text, char escaped[ESCAPED_MAX + 1])
{
    unsigned char byte = (unsigned char)text.ptr[0];
    size_t taken = byte < 0x80 ? 1 : utf8_length(text.ptr, text.len);

    if (byte == '"' || byte == '\\')
        (void)snprintf(escaped, ESCAPED_MAX + 1, "\\%c", byte);
    else if (taken == 0 && format_in_force == LOG_JSON)
        (void)snprintf(escaped, ESCAPED_MAX + 1, "\\ufffd");
    else if (taken == 0)
        (void)snprintf(escaped, ESCAPED_MAX + 1, "\\x%02x", byte);
    else if (byte < 0x20 || byte == 0x7f)
        (void)snprintf(escaped, ESCAPED_MAX + 1, "\\u%04x", byte);
    else if (byte == 0xc2 && (unsigned char)text.ptr[1] < 0xa0) /* terminals obey these */
        (void)snprintf(escaped, ESCAPED_MAX + 1, "\\u%04x", (unsigned char)text.ptr[1]);
    else
        (void)snprintf(escaped, ESCAPED_MAX + 1, "%.*s", (int)taken, text.ptr);
    return taken ? taken : 1; /* a byte that is not UTF-8 */
}

/* Adds a text, escaped to stand between quotes; a long one is cut. */
static void add_escaped(struct line *line, struct str text, size_t most)
{
    size_t end = line->len + most;

    while (text.len) {
        char escaped[ESCAPED_MAX + 1];
        size_t taken = escape(text, escaped);

        if (line->len + strlen(escaped) > end) {
            add(line, STR("..."));
            return;
        }
        add(line, str_from(escaped));
        text = str_from_offset(text, taken);
    }
}

/* Whether a value needs no quotes as text. */
static bool is_plain(struct str text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./:{}";

    for (size_t i = 0; i < text.len; i++)
        if (!text.ptr[i] || !strchr(plain, text.ptr[i]))
            return false;
    return text.len > 0;
}

static void add_field(struct line *line, const struct log_field *field)
{
    bool json = format_in_force == LOG_JSON, quoted = field->text.ptr;
    char number[24];

    (void)snprintf(number, sizeof number, "%lld", (long long)field->number);
    if (quoted && !json && is_plain(field->text))
        quoted = false;
    add(line, json ? STR(",\"") : STR(" "));
    add(line, str_from(field->name));
    add(line, json ? STR("\":") : STR("="));
    if (quoted)
        add(line, STR("\""));
    if (field->text.ptr)
        add_escaped(line, field->text, LOG_TEXT_MAX);
    else
        add(line, str_from(number));
    if (quoted)
        add(line, STR("\""));
}

static void add_time(struct line *line)
{
    struct instant now = instant_now();
    time_t seconds = (time_t)now.seconds;
    struct tm parts;
    char text[64], fraction[16];

    (void)gmtime_r(&seconds, &parts);
    (void)strftime(text, sizeof text, "{\"time\":\"%Y-%m-%dT%H:%M:%S", &parts);
    (void)snprintf(fraction, sizeof fraction, ".%03dZ\"", (int)(now.nanos / 1000000));
    add(line, str_from(text));
    add(line, str_from(fraction));
}

static void add_head(struct line *line, enum log_level level)
{
    char head[64];

    if (to_journal)
        add(line, str_from(journal_prefixes[level]));
    if (format_in_force == LOG_JSON) {
        add_time(line);
        (void)snprintf(head, sizeof head, ",\"level\":\"%s\",\"pid\":%ld,\"message\":\"",
                       log_level_words[level], (long)getpid());
    } else {
        (void)snprintf(head, sizeof head, "lastsync[%ld] %s: ", (long)getpid(),
                       log_level_words[level]);
    }
    add(line, str_from(head));
}

/* Adds a message as text: it is meant to be read, so only what would break the line is replaced. */
static void add_message(struct line *line, struct str message)
{
    if (format_in_force == LOG_JSON) {
        add_escaped(line, message, MESSAGE_MAX);
        add(line, STR("\""));
        return;
    }
    for (size_t i = 0; i < message.len; i++)
        add(line, (unsigned char)message.ptr[i] < 0x20 || message.ptr[i] == 0x7f
                      ? STR("?")
                      : (struct str){ &message.ptr[i], 1 });
}

void log_event(enum log_level level, const char *message, const struct log_field *fields,
               size_t count)
{
    struct line line = { .len = 0 };

    if (!log_wants(level))
        return;
    add_head(&line, level);
    add_message(&line, str_from(message));
    for (size_t i = 0; i < count; i++)
        add_field(&line, &fields[i]);
    if (about && about->request_id.ptr)
        add_field(&line, &(struct log_field){ "request_id", about->request_id, 0 });
    if (about && about->opaque_id.ptr)
        add_field(&line, &(struct log_field){ "opaque_id", about->opaque_id, 0 });
    if (format_in_force == LOG_JSON)
        add(&line, STR("}"));
    line.text[line.len++] = '\n';
    /* One write, so that lines of several workers do not mix. If it fails, there is nowhere to
     * report that. */
    if (write(STDERR_FILENO, line.text, line.len) < 0)
        return;
}

static void write_message(enum log_level level, const char *format, va_list values)
{
    char message[MESSAGE_MAX];

    if (vsnprintf(message, sizeof message, format, values) >= 0)
        log_event(level, message, NULL, 0);
}

void log_line(enum log_level level, const char *format, ...)
{
    va_list values;

    if (!log_wants(level))
        return;
    va_start(values, format);
    write_message(level, format, values);
    va_end(values);
}

void log_repeated(enum log_level level, const char *format, ...)
{
    static int64_t next[LEVELS];
    int64_t now = instant_ticks();
    va_list values;

    if (!log_wants(level) || now < next[level])
        return;
    next[level] = now + REPEAT_MILLISECONDS;
    va_start(values, format);
    write_message(level, format, values);
    va_end(values);
}
