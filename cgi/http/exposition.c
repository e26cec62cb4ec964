/* exposition.c: writes metrics for Prometheus. */
#include "http/exposition.h"

#include "http/accept.h"

enum { DIGITS_MAX = 24 };

/* clang-format off */
static const struct {
    const char *name;           /* as a type, in the text format and in OpenMetrics */
    const char *open_metrics_name;
    struct str suffix;          /* of its samples; in the text format, of the family too */
} types[] = {
    [COUNTER]   = { "counter",   "counter",   STR_ROW("_total") },
    [GAUGE]     = { "gauge",     "gauge",     STR_ROW("") },
    [HISTOGRAM] = { "histogram", "histogram", STR_ROW("") },
    [INFO]      = { "gauge",     "info",      STR_ROW("_info") },
};
/* clang-format on */

static const struct accept_offer plain_text = { STR_ROW("text/plain"), STR_ROW("0.0.4") };
static const struct accept_offer open_metrics = { STR_ROW("application/openmetrics-text"),
                                                  STR_ROW("1.0.0") };

bool exposition_prefers_open_metrics(struct str accept)
{
    struct accept_wish wish = accept_find(accept, &open_metrics);

    return wish.named && wish.quality && wish.quality >= accept_find(accept, &plain_text).quality;
}

struct str exposition_type(bool as_open_metrics)
{
    return as_open_metrics ? STR("application/openmetrics-text; version=1.0.0; charset=utf-8")
                           : STR("text/plain; version=0.0.4; charset=utf-8");
}

static void add_escaped(struct text *text, struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        char byte = value.ptr[i];

        if (byte == '\\' || byte == '"')
            text_byte(text, '\\');
        if (byte == '\n')
            text_add(text, STR("\\n"));
        else
            text_byte(text, byte);
    }
}

/* "# TYPE name " with the name that a family has in this format. */
static void add_comment(const struct exposition *page, struct str word)
{
    text_add(page->text, word);
    text_add(page->text, page->family->name);
    if (!page->open_metrics)
        text_add(page->text, types[page->family->type].suffix);
    text_byte(page->text, ' ');
}

void exposition_family(struct exposition *page, const struct metric_row *row)
{
    struct text *text = page->text;

    page->family = row;
    add_comment(page, STR("# HELP "));
    text_add(text, row->help);
    add_comment(page, STR("\n# TYPE "));
    text_add(text, str_from(page->open_metrics ? types[row->type].open_metrics_name
                                               : types[row->type].name));
    if (page->open_metrics && row->unit.len) {
        add_comment(page, STR("\n# UNIT "));
        text_add(text, row->unit);
    }
    text_byte(text, '\n');
}

/* Writes count / scale, which is a power of ten, without zeros at its end. */
static void add_scaled(struct text *text, uint64_t count, uint64_t scale)
{
    char digits[DIGITS_MAX];
    size_t at = DIGITS_MAX, end = DIGITS_MAX;

    scale = scale ? scale : 1;
    text_format(text, "%llu", (unsigned long long)(count / scale));
    count %= scale;
    if (!count)
        return;
    for (; scale > 1; scale /= 10, count /= 10)
        digits[--at] = (char)('0' + count % 10);
    text_byte(text, '.');
    while (end > at && digits[end - 1] == '0')
        end--;
    text_add(text, (struct str){ digits + at, end - at });
}

static void add_name(const struct exposition *page, struct str suffix)
{
    text_add(page->text, page->family->name);
    text_add(page->text, suffix);
}

static void add_labels(const struct exposition *page, const struct str *labels)
{
    const struct str *names = page->family->labels;

    for (size_t i = 0; i < METRIC_LABELS_MAX && names[i].len; i++) {
        text_byte(page->text, i ? ',' : '{');
        text_add(page->text, names[i]);
        text_add(page->text, STR("=\""));
        add_escaped(page->text, labels[i]);
        text_byte(page->text, '"');
    }
    text_add(page->text, names[0].len ? STR("} ") : STR(" "));
}

void exposition_sample(struct exposition *page, const struct str *labels, uint64_t count)
{
    add_name(page, types[page->family->type].suffix);
    add_labels(page, labels);
    add_scaled(page->text, count, page->family->scale);
    text_byte(page->text, '\n');
}

/* A bound as OpenMetrics wants it, always with a point. Both formats write it in this way; else the
 * series would change when a client begins to ask for the other format. */
static void add_bound(struct text *text, uint64_t bound, uint64_t scale)
{
    add_scaled(text, bound, scale);
    if (!scale || bound % scale == 0)
        text_add(text, STR(".0"));
}

static void add_plain(const struct exposition *page, struct str suffix, uint64_t count,
                      uint64_t scale)
{
    add_name(page, suffix);
    text_byte(page->text, ' ');
    add_scaled(page->text, count, scale);
    text_byte(page->text, '\n');
}

void exposition_histogram(struct exposition *page, const uint64_t *buckets, uint64_t sum)
{
    const struct metric_row *row = page->family;
    uint64_t count = 0;

    for (unsigned i = 0; i <= row->bound_count; i++) {
        count += buckets[i];
        add_name(page, STR("_bucket{le=\""));
        if (i < row->bound_count)
            add_bound(page->text, row->bounds[i], row->scale);
        else
            text_add(page->text, STR("+Inf"));
        text_format(page->text, "\"} %llu\n", (unsigned long long)count);
    }
    add_plain(page, STR("_sum"), sum, row->scale);
    add_plain(page, STR("_count"), count, 1);
}

void exposition_end(struct exposition *page)
{
    if (page->open_metrics)
        text_add(page->text, STR("# EOF\n"));
}
