/* report.h: calls the scripts that report, for the operations. */
#ifndef LASTSYNC_REPORT_H
#define LASTSYNC_REPORT_H

#include "store/connector/connector.h"

/* Adds to the call of a script, after its keys, the words that report.lua takes. The mode is an
 * enum update_kind, or REPORT_LOOK. `has_more`: the caller adds more words after them. */
enum { REPORT_LOOK = REPORT + 1, REPORT_MODES };

void report_add_words(struct ask *ask, struct str id, unsigned mode, const struct pair *changes,
                      size_t count, const struct pair *expected, size_t expected_count,
                      bool has_more);

/* Ends the ask with the outcome that report.lua has answered. If the times of the next syncs have
 * run out, it first computes new ones. */
void report_end(struct ask *ask, struct str id, struct str answer);

#endif
