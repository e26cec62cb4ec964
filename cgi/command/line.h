/* line.h: documents as the lines of JSON that export writes and import reads. */
#ifndef LASTSYNC_COMMAND_LINE_H
#define LASTSYNC_COMMAND_LINE_H

#include "base/text.h"
#include "store/upkeep/whole.h"

enum {
    LINE_FORMAT = 1,                   /* of the lines that are written and read */
    LINE_MAX_BYTES = 64 * 1024 * 1024, /* of a line that is read */
    LINE_MAX_MEMBERS = 1000000,        /* of its JSON */
    LINE_MAX_FIELDS = 1000,            /* of a document, and of an entry of its history */
    LINE_MAX_ENTRIES = 20000           /* of its history */
};

enum line_kind { LINE_META, LINE_DOCUMENT, LINE_END };

struct line {
    enum line_kind kind;
    struct whole whole; /* of a LINE_DOCUMENT */
    uint64_t documents; /* of a LINE_END: how many were written */
};

/* Adds the first line, a document's, and the last one. */
void line_add_meta(struct text *text);
void line_add_document(struct text *text, const struct whole *whole);
void line_add_end(struct text *text, uint64_t documents);

/* Reads a line; what is wrong with it, or an absent text. */
struct str line_read(struct str bytes, struct line *line, struct arena *arena);

/* What errors call a document. */
struct str line_name(const struct whole *whole, struct arena *arena);

#endif
