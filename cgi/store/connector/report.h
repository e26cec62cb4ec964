/* report.h: the call of the scripts that report, for the operations. */
#ifndef LASTSYNC_REPORT_H
#define LASTSYNC_REPORT_H

#include "store/connector/connector.h"

/* Adds to the call of a script, behind its keys, what report.lua takes; `has_more`: something else
 * is to follow. A mode: of an update, or REPORT_LOOK. */
enum { REPORT_LOOK = REPORT + 1, REPORT_MODES };

void report_add_words(struct ask *ask, struct str id, unsigned mode, const struct pair *changes,
                      size_t count, const struct pair *expected, size_t expected_count,
                      bool has_more);

/* Ends the ask by what report.lua has answered; where the times of the next syncs have run out,
 * computes them anew before. */
void report_end(struct ask *ask, struct str id, struct str answer);

#endif
