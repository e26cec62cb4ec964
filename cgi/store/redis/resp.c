/* resp.c: encodes commands. */
#include "store/redis/resp.h"

enum { LENGTH_BYTES = 24 }; /* room for what RESP has in front of a text, and behind it */

/* Writes the length of a text ('$') or of a list of them ('*') as RESP has it in front. */
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

struct str resp_encode(const struct command *command, bool as_text, struct arena *arena)
{
    struct str verb = as_text ? STR("EVAL") : STR("EVALSHA"), script = STR("");
    size_t count = command->count, size = LENGTH_BYTES;
    char *text, *at;

    if (command->script) {
        script = str_from(as_text ? command->script->text : command->script->sha1);
        size += verb.len + script.len + LENGTH_BYTES + LENGTH_BYTES;
        count += 2;
    }
    for (size_t i = 0; i < command->count; i++)
        size += LENGTH_BYTES + command->words[i].len;
    text = arena_take(arena, size);
    at = put_length(text, '*', count);
    if (command->script)
        at = put_argument(put_argument(at, verb), script);
    for (size_t i = 0; i < command->count; i++)
        at = put_argument(at, command->words[i]);
    return (struct str){ text, (size_t)(at - text) };
}
