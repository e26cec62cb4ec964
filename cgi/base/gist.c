/* gist.c: takes numbers and names out of a text. */
#include "base/gist.h"

#include "base/text.h"
#include "base/utf8.h"

enum { HEX_ID_MIN = 8, ID_MIN = 16, IPV6_COLONS = 2, IPV4_POINTS = 3 };

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_hex(char byte)
{
    char lower = str_lower(byte);

    return is_digit(byte) || (lower >= 'a' && lower <= 'f');
}

static bool is_letter(char byte)
{
    char lower = str_lower(byte);

    return lower >= 'a' && lower <= 'z';
}

static bool is_among(char byte, const char *bytes)
{
    return byte && strchr(bytes, byte) != NULL;
}

/* Where the word that begins there ends. A URL may hold bytes that would end another word. */
static size_t length_of_word(struct str text)
{
    bool is_url = false;
    size_t length = 0;

    for (; length < text.len; length++) {
        char byte = text.ptr[length];

        if ((unsigned char)byte <= ' ' || is_among(byte, "\"'`()[]{}<>") ||
            (!is_url && is_among(byte, ",;=|")))
            break;
        is_url |= str_starts(str_from_offset(text, length), STR("://"));
    }
    return length;
}

/* What a word is made of. */
struct makeup {
    size_t digits, hex, letters, points, colons, dashes, others;
    bool is_url, has_at;
};

static struct makeup makeup_of(struct str word)
{
    struct makeup makeup = { .digits = 0 };

    for (size_t i = 0; i < word.len; i++) {
        char byte = word.ptr[i];

        makeup.digits += is_digit(byte);
        makeup.hex += is_hex(byte);
        makeup.letters += is_letter(byte);
        makeup.points += byte == '.';
        makeup.colons += byte == ':';
        makeup.dashes += byte == '-' || byte == '_';
        makeup.others += !is_digit(byte) && !is_letter(byte) && !is_among(byte, ".:-_");
        makeup.has_at |= byte == '@';
        makeup.is_url |= str_starts(str_from_offset(word, i), STR("://"));
    }
    return makeup;
}

static bool is_address(const struct makeup *makeup)
{
    bool numeric = makeup->digits && makeup->hex == makeup->digits + makeup->letters &&
                   !makeup->dashes && !makeup->others;

    return makeup->is_url || makeup->has_at ||
           (numeric &&
            (makeup->colons >= IPV6_COLONS || (makeup->points == IPV4_POINTS && !makeup->letters)));
}

static bool is_id(const struct makeup *makeup)
{
    bool whole = makeup->digits && !makeup->points && !makeup->colons && !makeup->others;

    return whole && makeup->letters &&
           ((makeup->hex == makeup->digits + makeup->letters && makeup->hex >= HEX_ID_MIN) ||
            makeup->digits + makeup->letters >= ID_MIN);
}

static void add_word(struct text *gist, struct str word)
{
    struct makeup makeup = makeup_of(word);

    if (is_address(&makeup)) {
        text_add(gist, STR("<address>"));
        return;
    }
    if (is_id(&makeup)) {
        text_add(gist, STR("<id>"));
        return;
    }
    for (size_t i = 0; i < word.len; i++)
        if (!is_digit(word.ptr[i]))
            text_byte(gist, word.ptr[i]);
        else if (!i || !is_digit(word.ptr[i - 1]))
            text_byte(gist, '#');
}

struct str gist_of(struct str text, struct arena *arena)
{
    struct text gist = text_new(arena, GIST_MAX);
    struct str rest = utf8_cut(text, GIST_MAX);

    while (rest.len) {
        struct str word = rest;
        size_t end = length_of_word(rest), last;

        for (last = end; last && is_among(rest.ptr[last - 1], ".:!?");)
            last--;
        word.len = last;
        add_word(&gist, word);
        word = str_from_offset(rest, last);
        word.len = end - last;
        text_add(&gist, word);
        rest = str_from_offset(rest, end);
        if (!rest.len)
            break;
        text_byte(&gist, rest.ptr[0]);
        rest = str_from_offset(rest, 1);
    }
    return text_str(&gist);
}
