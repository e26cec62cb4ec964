/* mail.c: headers and text of an e-mail. */
#include "notify/mail.h"

#include <time.h>

#include "base/base64.h"
#include "base/digest.h"
#include "base/text.h"
#include "base/utf8.h"

enum {
    ADDRESS_MAX = 254,   /* bytes (RFC 5321, section 4.5.3.1) */
    ID_DIGITS = 32,      /* of the digest that is a Message-ID */
    SUBJECT_SHOWN = 150, /* bytes of a line in the subject */
    WORD_BYTES = 45, /* of an encoded word, whose line then has 76 characters at the most (RFC 2047,
                        section 2) */
    FIRST_WORD_BYTES = 39, /* of the one behind "Subject:" */
    LINE_BYTES = 57 /* of a line of base64, which then has 76 characters (RFC 2045, section 6.8) */
};

bool mail_is_address(struct str text)
{
    size_t ats = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~' || strchr("\"(),:;<>[\\]", text.ptr[i]))
            return false;
        ats += text.ptr[i] == '@';
    }
    return ats == 1 && text.len <= ADDRESS_MAX && text.ptr[0] != '@' &&
           text.ptr[text.len - 1] != '@';
}

/* The first line: it has no control character that would end the header. */
static struct str subject_of(struct str lines, struct arena *arena)
{
    struct str first = str_take(&lines, '\n');
    struct text subject = text_new(arena, SUBJECT_SHOWN + 32);
    size_t more = lines.ptr ? 1 : 0;

    text_add(&subject, utf8_cut(first, SUBJECT_SHOWN));
    for (size_t i = 0; i < lines.len; i++)
        more += lines.ptr[i] == '\n';
    if (more)
        text_format(&subject, " (and %zu more)", more);
    return text_str(&subject);
}

/* As encoded words, which may have any character. */
static void add_subject(struct text *mail, struct str subject, struct arena *arena)
{
    size_t most = FIRST_WORD_BYTES;

    text_add(mail, STR("Subject:"));
    for (; subject.len; most = WORD_BYTES) {
        struct str word = utf8_cut(subject, most);

        if (!word.len) /* no character: bytes that are not UTF-8 */
            word = (struct str){ subject.ptr, most };
        text_format(mail, " =?UTF-8?B?%.*s?=\r\n", STR_ARGS(base64_write(word, arena)));
        subject = str_from_offset(subject, word.len);
    }
}

static void add_message_id(struct text *mail, const struct message *message,
                           const struct target *target, struct arena *arena)
{
    struct text ids = text_new(arena, 256);
    char hex[2 * DIGEST_BYTES];
    struct digest digest;
    struct str domain = target->from;

    text_add(&ids, target->name);
    for (size_t i = 0; i < message->count; i++)
        text_format(&ids, " %.*s", STR_ARGS(message->events[i].id));
    digest = digest_of(text_str(&ids));
    (void)str_take(&domain, '@');
    text_format(mail, "Message-ID: <%.*s@%.*s>\r\n", ID_DIGITS, digest_write(&digest, hex).ptr,
                STR_ARGS(domain));
}

static void add_date(struct text *mail, int64_t seconds)
{
    time_t time = (time_t)seconds;
    char date[64];
    struct tm parts;

    (void)strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", gmtime_r(&time, &parts));
    text_format(mail, "Date: %s\r\n", date);
}

static struct str text_of(struct str lines, const struct message *message,
                          const struct target *target, struct arena *arena)
{
    struct text text = text_new(arena, lines.len + 256);
    struct str line;

    while (str_split(&lines, '\n', &line))
        text_format(&text, "%.*s\r\n", STR_ARGS(line));
    for (size_t i = 0; target->dashboard.len && i < message->count; i++) {
        struct str connector = message->events[i].connector;

        text_format(&text, "%s%.*s\r\n", i ? "" : "\r\n",
                    STR_ARGS(message_link(target, connector, arena)));
    }
    return text_str(&text);
}

static void add_base64(struct text *mail, struct str bytes, struct arena *arena)
{
    while (bytes.len) {
        size_t len = bytes.len < LINE_BYTES ? bytes.len : LINE_BYTES;
        struct str line = { bytes.ptr, len };

        text_format(mail, "%.*s\r\n", STR_ARGS(base64_write(line, arena)));
        bytes = str_from_offset(bytes, len);
    }
}

struct str mail_write(const struct message *message, const struct target *target,
                      struct arena *arena)
{
    struct str lines = message_lines(message, arena);
    struct text mail = text_new(arena, 2 * lines.len + 1024);

    text_format(&mail, "From: lastsync <%.*s>\r\nTo: ", STR_ARGS(target->from));
    for (size_t i = 0; i < target->to_count; i++)
        text_format(&mail, "%s<%.*s>", i ? ",\r\n " : "", STR_ARGS(target->to[i]));
    text_add(&mail, STR("\r\n"));
    add_subject(&mail, subject_of(lines, arena), arena);
    add_date(&mail, message->now);
    add_message_id(&mail, message, target, arena);
    text_add(&mail, STR("Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                        "Content-Type: text/plain; charset=utf-8\r\n"
                        "Content-Transfer-Encoding: base64\r\n\r\n"));
    add_base64(&mail, text_of(lines, message, target, arena), arena);
    return text_str(&mail);
}
