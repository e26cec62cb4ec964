/* exposition.h: metrics as Prometheus reads them: its text format 0.0.4, or OpenMetrics 1.0.0.
 *
 * A page is families, one after the other, of samples. */
#ifndef LASTSYNC_EXPOSITION_H
#define LASTSYNC_EXPOSITION_H

#include "base/metrics.h"
#include "base/text.h"

struct exposition {
    struct text *text;
    bool open_metrics;
    const struct metric_row *family; /* the one at hand */
};

/* Chooses the format by an Accept header: OpenMetrics where the client names it, and wants it no
 * less than the other. */
bool exposition_prefers_open_metrics(struct str accept);

/* The Content-Type of a page. */
struct str exposition_type(bool open_metrics);

/* Begins a family: what is said of a metric. */
void exposition_family(struct exposition *page, const struct metric_row *row);

/* Adds a sample of a COUNTER, GAUGE or INFO, with the values of the row's labels. The value is
 * `count` / row->scale, or the text as it is. */
void exposition_sample(struct exposition *page, const struct str *labels, uint64_t count);
void exposition_sample_text(struct exposition *page, const struct str *labels, struct str value);

/* Adds all samples of a HISTOGRAM, which has no labels but "le": what its row->bound_count + 1
 * buckets hold, and the sum of what was observed. */
void exposition_histogram(struct exposition *page, const uint64_t *buckets, uint64_t sum);

/* Ends the page. */
void exposition_end(struct exposition *page);

#endif
