/* records.c: walks over FastCGI's records. */
#include "server/records.h"

#include <string.h>

enum { VERSION = 1, BEGIN_REQUEST = 1, PARAMS = 4, STDIN = 5 };
enum { PARAMETER_MAX = 64 * 1024, BEGIN_CONTENT = 8 };

static const unsigned char stages[] = { BEGIN_REQUEST, PARAMS, STDIN };

enum { STAGES = sizeof stages, PARAMS_STAGE = 1, STDIN_STAGE = 2 };

void records_open(struct records *records)
{
    memset(records, 0, sizeof *records);
}

bool records_in_body(const struct records *records)
{
    return records->stage == STDIN_STAGE;
}

static bool read_head(struct records *records)
{
    const unsigned char *head = records->head;
    unsigned id = (unsigned)head[2] << 8 | head[3];

    records->content = (size_t)head[4] << 8 | head[5];
    records->padding = head[6];
    if (head[0] != VERSION || head[1] != stages[records->stage] || !id)
        return false;
    if (records->stage == 0)
        records->id = id;
    records->last = records->stage == 0 || !records->content;
    /* libfcgi does not step over padding that ends a stage: it would read it as a record. */
    if (records->last && records->padding)
        return false;
    return id == records->id && (records->stage > 0 || records->content == BEGIN_CONTENT);
}

static size_t length_size(unsigned char first)
{
    return first & 0x80 ? 4 : 1;
}

static size_t read_length(const unsigned char *at)
{
    if (length_size(at[0]) == 1)
        return at[0];
    return (size_t)(at[0] & 0x7f) << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
}

/* Takes one byte of the two lengths in front of a parameter. */
static bool read_length_byte(struct records *records, unsigned char byte)
{
    const unsigned char *lengths = records->lengths;
    size_t name;

    records->lengths[records->length_count++] = byte;
    name = length_size(lengths[0]);
    if (records->length_count <= name || records->length_count < name + length_size(lengths[name]))
        return true;
    records->parameter = read_length(lengths) + read_length(lengths + name);
    records->length_count = 0;
    return records->parameter <= PARAMETER_MAX;
}

static bool read_parameters(struct records *records, const unsigned char *bytes, size_t count)
{
    while (count) {
        size_t skipped = records->parameter < count ? records->parameter : count;

        records->parameter -= skipped;
        bytes += skipped;
        count -= skipped;
        if (!count)
            break;
        if (!read_length_byte(records, *bytes))
            return false;
        bytes++;
        count--;
    }
    return true;
}

/* Takes the bytes of the current record that have come, and gives how many these are. */
static size_t take(size_t *left, size_t count)
{
    size_t taken = *left < count ? *left : count;

    *left -= taken;
    return taken;
}

static size_t take_head(struct records *records, const unsigned char *bytes, size_t count)
{
    size_t left = RECORD_HEAD - records->head_count, taken = left < count ? left : count;

    memcpy(records->head + records->head_count, bytes, taken);
    records->head_count += taken;
    return taken;
}

/* The record at hand has come to its end. */
static enum records_state end_record(struct records *records)
{
    records->head_count = 0;
    if (!records->last)
        return RECORDS_PARTIAL;
    if (records->stage == PARAMS_STAGE && (records->length_count || records->parameter))
        return RECORDS_FOREIGN;
    return ++records->stage == STAGES ? RECORDS_WHOLE : RECORDS_PARTIAL;
}

enum records_state records_read(struct records *records, const unsigned char *bytes, size_t count,
                                size_t *used)
{
    enum records_state state = RECORDS_PARTIAL;
    size_t at = 0;

    while (state == RECORDS_PARTIAL && at < count) {
        if (records->head_count < RECORD_HEAD) {
            at += take_head(records, bytes + at, count - at);
            if (records->head_count < RECORD_HEAD)
                break;
            if (!read_head(records))
                return RECORDS_FOREIGN;
        } else {
            size_t content = take(&records->content, count - at);

            if (records->stage == PARAMS_STAGE && !read_parameters(records, bytes + at, content))
                return RECORDS_FOREIGN;
            at += content;
            at += take(&records->padding, count - at);
        }
        if (!records->content && !records->padding)
            state = end_record(records);
    }
    *used = at;
    return state;
}
