/* print.h: answers with documents, by the table of their fields. */
#ifndef LASTSYNC_PRINT_H
#define LASTSYNC_PRINT_H

#include "api/common/api.h"

enum { LIST_SIZE_DEFAULT = 100 };

/* The names of the fields, for the store to read. */
const struct str *print_names(struct call *call, const struct field *fields, size_t count);

/* Adds a field with its value as a member of an object, the first one or a further one; nothing
 * where it is absent, and does not say what it is then. */
void print_field(struct text *json, const struct field *field, struct str value, bool first);

/* Answers with the one document that the ask has found. */
enum progress print_document(struct call *call, const struct field *fields, size_t count);

/* Makes call->ask ready for an operation that lists, whose rows are printed as they come; then
 * answers with them. */
void print_list(struct call *call, const struct field *fields, size_t count);

/* Refuses a part of a list that ends too far down; GO_ON for any other. */
enum progress print_check_part(struct call *call, uint64_t from, uint64_t size);

#endif
