/* csv.h: a list in a JSON answer as a table (RFC 4180), for spreadsheets.
 *
 * Columns are paths in each result, with dots between the names of members: "content.status".
 * Texts, numbers and words stand as they are, null and what is not there as an empty cell, and an
 * array's as one cell with "; " between them. Lines end with CRLF, and the first has the paths.
 *
 * A spreadsheet takes a cell that begins with '=', '+', '-' or '@' for a formula, and these can do
 * harm: a text that begins so, with blanks before it or not, gets a ' in front, which spreadsheets
 * take for "what follows is a text", and so does what stands behind a semicolon, a tab or the end
 * of a line in it. Numbers are left as they are. */
#ifndef LASTSYNC_CSV_H
#define LASTSYNC_CSV_H

#include "base/arena.h"

struct csv_table {
    struct str member; /* of the answer, which is an array of objects */
    const struct str *columns;
    size_t count;
};

enum { CSV_COLUMNS_MAX = 64 };

/* The Content-Type of it. */
extern const struct str csv_type;

/* The table of a JSON text that has been written here. */
struct str csv_write(struct str json, const struct csv_table *table, struct arena *arena);

#endif
