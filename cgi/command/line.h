/* line.h: documents as the lines of JSON that export writes and import reads. */
#ifndef LASTSYNC_COMMAND_LINE_H
#define LASTSYNC_COMMAND_LINE_H

#include "base/text.h"
#include "store/upkeep/whole.h"

enum {
    LINE_FORMAT = 1,                   /* the version of the format */
    LINE_MAX_BYTES = 64 * 1024 * 1024, /* bytes of a line that is read */
    LINE_MAX_MEMBERS = 1000000,        /* members of its JSON */
    LINE_MAX_FIELDS = 1000,            /* fields of a document, and of an entry of its history */
    LINE_MAX_ENTRIES = 20000           /* entries of a document's history */
};

enum line_kind { LINE_META, LINE_DOCUMENT, LINE_END };

struct line {
    enum line_kind kind;
    struct whole whole; /* of a LINE_DOCUMENT */
    uint64_t documents; /* of a LINE_END: how many documents the export has */
};

/* Add the first line, the line of a document, and the last line. */
void line_add_meta(struct text *text);
void line_add_document(struct text *text, const struct whole *whole);
void line_add_end(struct text *text, uint64_t documents);

/* Reads a line. Gives the fault, or an absent text if there is none. */
struct str line_read(struct str bytes, struct line *line, struct arena *arena);

/* Gives the name of a document in errors. */
struct str line_name(const struct whole *whole, struct arena *arena);

#endif
