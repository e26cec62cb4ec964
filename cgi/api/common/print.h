/* print.h: answers with documents, by the table of their fields. */
#ifndef LASTSYNC_PRINT_H
#define LASTSYNC_PRINT_H

#include "api/common/api.h"

enum {
    LIST_SIZE_DEFAULT = 100,
    RESULT_WINDOW_MAX = 10000 /* from + size of a list, and of an overview */
};

/* Gives the names of the fields, as the operations of the store take them. */
const struct str *print_names(struct call *call, const struct field *fields, size_t count);

/* Adds a field with its value as a member of an object; `first` if it is the object's first member.
 * An absent value is printed as the field's when_absent, or not at all if it has none. */
void print_field(struct text *json, const struct field *field, struct str value, bool first);

/* Answers with the document that the ask has found. */
enum progress print_document(struct call *call, const struct field *fields, size_t count);

/* Makes call->ask ready for an operation that lists. It prints the rows as they arrive, and answers
 * with them at the end. */
void print_list(struct call *call, const struct field *fields, size_t count);

/* Refuses a part of a list that ends too far down; else gives GO_ON. */
enum progress print_check_part(struct call *call, uint64_t from, uint64_t size);

#endif
