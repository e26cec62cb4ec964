/* match.h: compares the answer that came with the one that a case expects. */
#ifndef LASTSYNC_CASES_MATCH_H
#define LASTSYNC_CASES_MATCH_H

#include "case_file.h"

/* Whether the answer is as expected. */
bool match_answer(const struct expectation *expected, const struct answer *seen);

/* Prints what differs: "- " what was expected, "+ " what came. */
void match_print(const struct expectation *expected, const struct answer *seen);

#endif
