/* exposition.h: writes metrics for Prometheus, in its text format 0.0.4 or as OpenMetrics 1.0.0.
 *
 * A page has one family after the other, and a family its samples. */
#ifndef LASTSYNC_EXPOSITION_H
#define LASTSYNC_EXPOSITION_H

#include "base/metrics.h"
#include "base/text.h"

struct exposition {
    struct text *text;
    bool open_metrics;
    const struct metric_row *family; /* the one that is being written */
};

/* Whether an Accept header asks for OpenMetrics: it names that format, and wants it no less than
 * the other. */
bool exposition_prefers_open_metrics(struct str accept);

/* The Content-Type of a page. */
struct str exposition_type(bool open_metrics);

/* Begins a family with the lines that describe the metric. */
void exposition_family(struct exposition *page, const struct metric_row *row);

/* Adds a sample of a COUNTER, GAUGE or INFO, with the values of the row's labels. The value is
 * `count` / row->scale. */
void exposition_sample(struct exposition *page, const struct str *labels, uint64_t count);

/* Adds all samples of a HISTOGRAM, whose only label is "le". `buckets` has the number of values in
 * each of its row->bound_count + 1 buckets, `sum` is the sum of all values. */
void exposition_histogram(struct exposition *page, const uint64_t *buckets, uint64_t sum);

/* Ends the page. */
void exposition_end(struct exposition *page);

#endif
