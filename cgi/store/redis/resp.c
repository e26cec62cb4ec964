/* resp.c: encodes commands. */
#include "store/redis/resp.h"

#include "base/number.h"
#include "base/text.h"
#include "store/schema/shard.h"

enum { LENGTH_BYTES = 24 }; /* room for what RESP has before a text, and after it */

/* Writes the length that RESP puts in front of a text ('$') or of a list of texts ('*'). */
static char *put_length(char *at, char type, size_t length)
{
    char digits[20];
    size_t count = 0;

    do {
        digits[count++] = (char)('0' + length % 10);
        length /= 10;
    } while (length);
    *at++ = type;
    while (count)
        *at++ = digits[--count];
    *at++ = '\r';
    *at++ = '\n';
    return at;
}

static char *put_argument(char *at, struct str argument)
{
    at = put_length(at, '$', argument.len);
    if (argument.len)
        memcpy(at, argument.ptr, argument.len);
    at += argument.len;
    *at++ = '\r';
    *at++ = '\n';
    return at;
}

/* A key that is never there, in the slot of another one. */
static struct str absent_key(struct str key, struct arena *arena)
{
    struct str tag = shard_tag_of(key);
    struct text text = text_new(arena, key.len + 16);

    if (tag.len == key.len)
        text_format(&text, "{%.*s}", STR_ARGS(key));
    else
        text_add(&text, (struct str){ key.ptr, (size_t)(tag.ptr - key.ptr) + tag.len + 1 });
    text_add(&text, STR(":moving"));
    return text_str(&text);
}

/* The words of a script's call, with one more key after its own. */
static struct command with_absent_key(const struct command *command, struct arena *arena)
{
    struct text number = text_new(arena, 20);
    struct command fenced = *command;
    uint64_t keys = 1;

    (void)number_count(command->words[0], command->count - 1, &keys);
    fenced.count++;
    fenced.words = arena_take(arena, fenced.count * sizeof *fenced.words);
    text_number(&number, (int64_t)keys + 1);
    fenced.words[0] = text_str(&number);
    memcpy(fenced.words + 1, command->words + 1, keys * sizeof *fenced.words);
    fenced.words[keys + 1] = absent_key(command->words[1], arena);
    memcpy(fenced.words + keys + 2, command->words + keys + 1,
           (command->count - keys - 1) * sizeof *fenced.words);
    return fenced;
}

struct str resp_encode(const struct command *command, bool as_text, bool in_cluster,
                       struct arena *arena)
{
    const struct command sent =
        command->script && in_cluster ? with_absent_key(command, arena) : *command;
    struct str verb = as_text ? STR("EVAL") : STR("EVALSHA"), script = STR("");
    size_t count = sent.count, size = LENGTH_BYTES;
    char *text, *at;

    if (sent.script) {
        script = str_from(as_text ? sent.script->text : sent.script->sha1);
        size += verb.len + script.len + LENGTH_BYTES + LENGTH_BYTES;
        count += 2;
    }
    for (size_t i = 0; i < sent.count; i++)
        size += LENGTH_BYTES + sent.words[i].len;
    text = arena_take(arena, size);
    at = put_length(text, '*', count);
    if (sent.script)
        at = put_argument(put_argument(at, verb), script);
    for (size_t i = 0; i < sent.count; i++)
        at = put_argument(at, sent.words[i]);
    return (struct str){ text, (size_t)(at - text) };
}
