/* readable.c: judges stored fields by their kinds. */
#include "command/readable.h"

#include "api/common/fields.h"
#include "base/instant.h"
#include "base/json.h"
#include "base/number.h"
#include "base/utf8.h"
#include "store/connector/counts.h"
#include "store/schema/fields.h"

/* Our own fields that are of the kinds of the API, of either kind of document. */
static const struct field own_fields[] = {
    { STR_ROW("_last_success"), INSTANT },
    { STR_ROW("_access_control_last_success"), INSTANT },
    { STR_ROW("_sync_started_at"), INSTANT },
    { STR_ROW("_access_control_sync_started_at"), INSTANT },
    { STR_ROW("_reported_at"), INSTANT },
    { STR_ROW("_suspended_at"), INSTANT },
    { STR_ROW("_paused"), BOOLEAN },
};

/* Whether it is a whole number as JSON has it: answers print it as it is. */
static bool is_number(struct str value)
{
    struct str digits = str_starts(value, STR("-")) ? str_from_offset(value, 1) : value;
    int64_t number;

    return digits.len && digits.ptr[0] >= (digits.len > 1 ? '1' : '0') && digits.ptr[0] <= '9' &&
           !memchr(digits.ptr, '.', digits.len) && !memchr(digits.ptr, 'e', digits.len) &&
           !memchr(digits.ptr, 'E', digits.len) && number_truncate(value, &number) == NUMBER_READ;
}

/* Scripts compute with it, and Lua's numbers are exact up to here. */
static bool is_decimal(struct str value)
{
    const uint64_t most = (uint64_t)1 << 53;
    uint64_t number;

    return is_number(value) && number_count(value, most, &number) == NUMBER_READ;
}

static bool is_bad_state(struct str word)
{
    for (size_t i = 0; i < EVENTS_BAD; i++)
        if (str_equal(event_words[i], word))
            return true;
    return false;
}

/* "<state> <second>". */
static bool is_told(struct str value)
{
    struct str second = value, state = str_take(&second, ' ');

    return second.ptr && is_bad_state(state) && is_decimal(second);
}

/* "<date> <counts>". */
static bool is_today(struct str value)
{
    struct str date, line;
    struct counts counts;

    counts_split(value, &date, &line);
    return date.len == COUNTS_DAY && line.ptr && counts_read(line, &counts);
}

/* "<second> <second> ...", which may end with a point. */
static bool is_next_syncs(struct str value)
{
    struct str word;
    size_t count = 0;

    for (; str_split(&value, ' ', &word); count++)
        if (!is_decimal(word))
            return count && !value.ptr && str_equal(word, STR("."));
    return count > 0;
}

static bool is_counted(struct str value)
{
    return str_equal(value, STR("indexed")) || str_equal(value, STR("deleted")) ||
           str_equal(value, STR("both"));
}

/* Our own fields of other forms, which scripts rely on. */
static const struct {
    struct str name;
    bool (*fits)(struct str value);
} forms[] = {
    { STR_ROW("_consecutive_failures"), is_decimal },
    { STR_ROW("_access_control_consecutive_failures"), is_decimal },
    { STR_ROW("_last_duration_ms"), is_decimal },
    { STR_ROW("_access_control_last_duration_ms"), is_decimal },
    { STR_ROW("_failing_since"), is_decimal },
    { STR_ROW("_muted_until"), is_decimal },
    { STR_ROW("_version"), is_decimal },
    { STR_ROW("_next_syncs"), is_next_syncs },
    { STR_ROW("_access_control_next_syncs"), is_next_syncs },
    { STR_ROW("_told"), is_told },
    { STR_ROW("_today"), is_today },
    { STR_ROW("_counted"), is_counted },
};

/* Whether a pair is no field with a form, or has its form and is not secret. */
static bool has_form(const struct pair *pair, bool secret)
{
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        if (str_equal(forms[i].name, pair->name))
            return !secret && forms[i].fits(pair->value);
    return true;
}

static const struct field *find_in(const struct field *fields, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(fields[i].name, name))
            return &fields[i];
    return NULL;
}

static const struct field *find(enum whole_kind kind, struct str name)
{
    const struct field *field = find_in(own_fields, COUNT_OF(own_fields), name);

    if (!field && kind == WHOLE_CONNECTOR)
        field = find_in(connector_fields, CONNECTOR_FIELDS, name);
    if (!field && kind == WHOLE_SYNC_JOB)
        field = find_in(sync_job_fields, SYNC_JOB_FIELDS, name);
    return field;
}

static bool is_choice(const struct choices *choices, struct str value)
{
    for (size_t i = 0; i < choices->count; i++)
        if (str_equal(choices->words[i], value))
            return true;
    return false;
}

static bool is_readable(const struct field *field, struct str value, struct arena *arena)
{
    struct instant instant;

    switch (field->kind) {
    case STRING:
        return true;
    case INSTANT:
        return instant_read(value, &instant) == INSTANT_READ;
    case CHOICE:
        return is_choice(field->choices, value);
    case LONG:
        return is_number(value);
    case BOOLEAN:
        return str_equal(value, STR("true")) || str_equal(value, STR("false"));
    case RECORDS:
        return !str_starts(value, UTF8_MARK) && json_is(value, JSON_ARRAY, arena);
    default:
        return !str_starts(value, UTF8_MARK) && json_is(value, JSON_OBJECT, arena);
    }
}

static struct str fault_in(const struct whole *whole, const struct pair *pairs, size_t count,
                           bool secret, struct arena *arena)
{
    for (size_t i = 0; i < count; i++) {
        const struct field *field = find(whole->kind, pairs[i].name);

        if (!utf8_valid(pairs[i].name) || !utf8_valid(pairs[i].value) ||
            !has_form(&pairs[i], secret) ||
            (field && (field_is_secret(pairs[i].name) != secret ||
                       !is_readable(field, pairs[i].value, arena))))
            return pairs[i].name;
    }
    return (struct str){ NULL, 0 };
}

/* The numbers of an entry of the history; "" is not known. */
static struct str fault_of_entry(const struct whole_entry *entry)
{
    static const struct str numbers[] = { STR_ROW("indexed"), STR_ROW("deleted"),
                                          STR_ROW("duration_ms") };

    for (size_t i = 0; i < entry->count; i++)
        for (size_t k = 0; k < COUNT_OF(numbers); k++)
            if (str_equal(entry->pairs[i].name, numbers[k]) && entry->pairs[i].value.len &&
                !is_number(entry->pairs[i].value))
                return numbers[k];
    return (struct str){ NULL, 0 };
}

struct str readable_fault(const struct whole *whole, struct arena *arena)
{
    struct str fault = fault_in(whole, whole->fields, whole->field_count, false, arena);

    if (!fault.ptr)
        fault = fault_in(whole, whole->secrets, whole->secret_count, true, arena);
    for (size_t i = 0; i < whole->entry_count && !fault.ptr; i++)
        fault = fault_of_entry(&whole->history[i]);
    return fault;
}
