/* tree.c: builds and merges json-c's trees. */
#include "base/tree.h"

#include <json-c/json.h>
#include <stdlib.h>

#include "base/text.h"

static void release(void *tree)
{
    (void)json_object_put(tree);
}

static bool read_into(struct json_reader *reader, struct json_object **tree);

static bool read_object(struct json_reader *reader, struct json_object *object)
{
    while (json_next(reader) == JSON_KEY) {
        /* json-c's keys end at a NUL, and the reader's texts have none after them. */
        const char *key = arena_copy(reader->arena, reader->text).ptr;
        struct json_object *value;

        if (json_object_object_get_ex(object, key, NULL)) {
            (void)json_refuse(reader, reader->token_at,
                              arena_format(reader->arena, "Duplicate field '%s'", key));
            return false;
        }
        (void)json_next(reader);
        if (!read_into(reader, &value))
            return false;
        if (json_object_object_add(object, key, value))
            abort();
    }
    return reader->token != JSON_FAULT;
}

static bool read_array(struct json_reader *reader, struct json_object *array)
{
    while (json_next(reader) != JSON_ARRAY_END) {
        struct json_object *value;

        if (!read_into(reader, &value))
            return false;
        if (json_object_array_add(array, value))
            abort();
    }
    return true;
}

/* A scalar, or an empty object or array, for the latest token; NULL for JSON's null too. */
static struct json_object *new_value(struct json_reader *reader)
{
    switch (reader->token) {
    case JSON_OBJECT:
        return json_object_new_object();
    case JSON_ARRAY:
        return json_object_new_array();
    case JSON_STRING:
        return json_object_new_string_len(reader->text.ptr, (int)reader->text.len);
    case JSON_INTEGER:
    case JSON_DECIMAL: {
        const char *digits = arena_copy(reader->arena, reader->text).ptr;

        return json_object_new_double_s(strtod(digits, NULL), digits);
    }
    case JSON_TRUE:
    case JSON_FALSE:
        return json_object_new_boolean(reader->token == JSON_TRUE);
    default:
        return NULL;
    }
}

/* On failure the unfinished value is released, and *tree left alone. */
static bool read_into(struct json_reader *reader, struct json_object **tree)
{
    struct json_object *value;
    bool whole = reader->token != JSON_FAULT;

    if (!whole)
        return false;
    value = new_value(reader);
    if (!value && reader->token != JSON_NULL)
        abort();
    if (reader->token == JSON_OBJECT)
        whole = read_object(reader, value);
    else if (reader->token == JSON_ARRAY)
        whole = read_array(reader, value);
    if (whole)
        *tree = value;
    else
        release(value);
    return whole;
}

bool tree_read(struct json_reader *reader, struct json_object **tree)
{
    if (!read_into(reader, tree))
        return false;
    if (*tree)
        arena_defer(reader->arena, release, *tree);
    return true;
}

bool tree_parse(struct str text, struct arena *arena, struct json_object **tree)
{
    struct json_reader reader;

    json_open(&reader, text, (struct json_budget){ JSON_DEPTH_MAX, (unsigned)-1 }, arena);
    (void)json_next(&reader);
    return reader.token != JSON_NOTHING && tree_read(&reader, tree) &&
           json_next(&reader) == JSON_NOTHING;
}

bool tree_is_object(struct json_object *tree)
{
    return json_object_is_type(tree, json_type_object);
}

bool tree_is_string(struct json_object *tree)
{
    return json_object_is_type(tree, json_type_string);
}

bool tree_is_array(struct json_object *tree)
{
    return json_object_is_type(tree, json_type_array);
}

static struct json_object *owned(struct json_object *tree, struct arena *arena)
{
    if (!tree)
        abort();
    arena_defer(arena, release, tree);
    return tree;
}

struct json_object *tree_new_object(struct arena *arena)
{
    return owned(json_object_new_object(), arena);
}

struct json_object *tree_new_array(struct arena *arena)
{
    return owned(json_object_new_array(), arena);
}

struct json_object *tree_new_string(struct str text, struct arena *arena)
{
    return owned(json_object_new_string_len(text.ptr, (int)text.len), arena);
}

struct json_object *tree_new(struct str json, struct arena *arena)
{
    struct json_object *tree;

    if (!tree_parse(json, arena, &tree))
        abort();
    return tree;
}

void tree_set(struct json_object *object, struct str name, struct json_object *value)
{
    if (json_object_object_add(object, name.ptr, json_object_get(value)))
        abort();
}

void tree_append(struct json_object *array, struct json_object *value)
{
    if (json_object_array_add(array, json_object_get(value)))
        abort();
}

struct json_object *tree_member(struct json_object *object, const char *name)
{
    struct json_object *value;

    if (!tree_is_object(object) || !json_object_object_get_ex(object, name, &value))
        return NULL;
    return value;
}

bool tree_has(struct json_object *object, const char *name)
{
    return tree_is_object(object) && json_object_object_get_ex(object, name, NULL);
}

size_t tree_length(struct json_object *array)
{
    return tree_is_array(array) ? json_object_array_length(array) : 0;
}

size_t tree_member_count(struct json_object *object)
{
    return tree_is_object(object) ? (size_t)json_object_object_length(object) : 0;
}

struct json_object *tree_element(struct json_object *array, size_t at)
{
    return at < tree_length(array) ? json_object_array_get_idx(array, at) : NULL;
}

bool tree_each(struct json_object *object,
               bool (*visit)(void *context, struct str name, struct json_object *value),
               void *context)
{
    json_object_object_foreach (object, key, value) {
        if (!visit(context, str_from(key), value))
            return false;
    }
    return true;
}

static struct str digits_of(struct json_object *number)
{
    return str_from(json_object_get_userdata(number));
}

static bool is_integer(struct str digits)
{
    return !memchr(digits.ptr, '.', digits.len) && !memchr(digits.ptr, 'e', digits.len) &&
           !memchr(digits.ptr, 'E', digits.len);
}

static bool is_zero(struct str integer)
{
    return str_equal(integer, STR("0")) || str_equal(integer, STR("-0"));
}

/* A decimal number. Its digits neither begin nor end with 0, and may have the point among them. */
struct decimal {
    bool negative, exponent_negative;
    struct str digits;   /* empty: the number is 0 */
    int64_t power;       /* of ten, at the first digit, without the exponent */
    struct str exponent; /* without leading zeros */
};

static bool take_sign(struct str *number)
{
    bool negative = str_starts(*number, STR("-"));

    if (negative || str_starts(*number, STR("+")))
        *number = str_from_offset(*number, 1);
    return negative;
}

static bool is_padding(char byte)
{
    return byte == '0' || byte == '.';
}

static struct str without_zeros(struct str digits)
{
    while (str_starts(digits, STR("0")))
        digits = str_from_offset(digits, 1);
    return digits;
}

static struct decimal read_decimal(struct str text)
{
    struct decimal decimal = { .negative = take_sign(&text) };
    size_t end = 0, point = 0, first = 0;

    while (end < text.len && str_lower(text.ptr[end]) != 'e')
        end++;
    if (end < text.len) {
        decimal.exponent = str_from_offset(text, end + 1);
        decimal.exponent_negative = take_sign(&decimal.exponent);
        decimal.exponent = without_zeros(decimal.exponent);
    }
    while (point < end && text.ptr[point] != '.')
        point++;
    while (first < end && is_padding(text.ptr[first]))
        first++;
    while (end > first && is_padding(text.ptr[end - 1]))
        end--;
    decimal.digits = (struct str){ text.ptr + first, end - first };
    decimal.power = (int64_t)point - (int64_t)first - (first < point);
    return decimal;
}

static bool equal_digits(struct str a, struct str b)
{
    size_t i = 0, k = 0;

    while (i < a.len && k < b.len) {
        i += a.ptr[i] == '.';
        k += b.ptr[k] == '.';
        if (a.ptr[i++] != b.ptr[k++])
            return false;
    }
    return i == a.len && k == b.len;
}

enum { EXPONENT_DIGITS = 18 }; /* that 64 bits hold, with a power added */

static int64_t power_of(const struct decimal *decimal)
{
    int64_t exponent = 0;

    for (size_t i = 0; i < decimal->exponent.len; i++)
        exponent = exponent * 10 + (decimal->exponent.ptr[i] - '0');
    return decimal->power + (decimal->exponent_negative ? -exponent : exponent);
}

/* Of longer exponents only those with the same text are taken for equal. */
static bool equal_powers(const struct decimal *a, const struct decimal *b)
{
    if (a->exponent.len <= EXPONENT_DIGITS && b->exponent.len <= EXPONENT_DIGITS)
        return power_of(a) == power_of(b);
    return a->power == b->power && a->exponent_negative == b->exponent_negative &&
           str_equal(a->exponent, b->exponent);
}

/* Compares digits, because two different numbers can be the same double. */
static bool equal_decimals(struct str left, struct str right)
{
    struct decimal a = read_decimal(left), b = read_decimal(right);

    if (!a.digits.len || !b.digits.len)
        return a.digits.len == b.digits.len;
    return a.negative == b.negative && equal_powers(&a, &b) && equal_digits(a.digits, b.digits);
}

static bool equal_numbers(struct json_object *a, struct json_object *b)
{
    struct str left = digits_of(a), right = digits_of(b);

    if (str_equal(left, right))
        return true;
    if (is_integer(left) && is_integer(right))
        return is_zero(left) && is_zero(right); /* "-0" */
    return !is_integer(left) && !is_integer(right) && equal_decimals(left, right);
}

static bool equal_arrays(struct json_object *a, struct json_object *b)
{
    size_t count = json_object_array_length(a);

    if (count != json_object_array_length(b))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!tree_equal(json_object_array_get_idx(a, i), json_object_array_get_idx(b, i)))
            return false;
    return true;
}

static bool equal_objects(struct json_object *a, struct json_object *b)
{
    if (json_object_object_length(a) != json_object_object_length(b))
        return false;
    json_object_object_foreach (a, key, value) {
        struct json_object *other;

        if (!json_object_object_get_ex(b, key, &other) || !tree_equal(value, other))
            return false;
    }
    return true;
}

struct str tree_text(struct json_object *tree)
{
    if (!json_object_is_type(tree, json_type_string))
        return str_from(json_object_to_json_string(tree));
    return (struct str){ json_object_get_string(tree), (size_t)json_object_get_string_len(tree) };
}

bool tree_equal(struct json_object *a, struct json_object *b)
{
    enum json_type type = json_object_get_type(a);

    if (type != json_object_get_type(b))
        return false;
    switch (type) {
    case json_type_object:
        return equal_objects(a, b);
    case json_type_array:
        return equal_arrays(a, b);
    case json_type_double:
        return equal_numbers(a, b);
    case json_type_string:
        return str_equal(tree_text(a), tree_text(b));
    case json_type_boolean:
        return json_object_get_boolean(a) == json_object_get_boolean(b);
    default:
        return true;
    }
}

bool tree_merge(struct json_object *stored, struct json_object *sent)
{
    bool changed = false;

    json_object_object_foreach (sent, key, value) {
        struct json_object *old;

        if (json_object_object_get_ex(stored, key, &old)) {
            if (json_object_is_type(old, json_type_object) &&
                json_object_is_type(value, json_type_object)) {
                changed |= tree_merge(old, value);
                continue;
            }
            if (tree_equal(old, value))
                continue;
        }
        if (json_object_object_add(stored, key, json_object_get(value)))
            abort();
        changed = true;
    }
    return changed;
}

struct str tree_write(struct json_object *tree, struct arena *arena)
{
    size_t len;
    const char *text = json_object_to_json_string_length(
        tree, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);

    return arena_copy(arena, (struct str){ text, len });
}
