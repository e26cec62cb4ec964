/* tree.h: JSON values that are kept, merged and written, as json-c's trees. Numbers keep the text
 * they were sent with, so that integers of any size survive (json-c would clamp them). */
#ifndef LASTSYNC_TREE_H
#define LASTSYNC_TREE_H

#include "base/json.h"

struct json_object;

/* Builds the value whose first token was just taken from the reader. The tree belongs to the
 * reader's arena. False after a JSON_FAULT: a key that comes twice in one object is one too. */
bool tree_read(struct json_reader *reader, struct json_object **tree);

/* Builds a tree from a whole text, such as a stored one. False where it is not JSON. */
bool tree_parse(struct str text, struct arena *arena, struct json_object **tree);

bool tree_is_object(struct json_object *tree);

/* Merges the object `sent` into the object `stored` as a partial update does (API, section 3.4):
 * objects merge, all else replaces, nothing is removed. True where anything changed. Equal are
 * numbers of equal value, as long as both are integers or both are not. */
bool tree_merge(struct json_object *stored, struct json_object *sent);

/* The tree as JSON text without blanks. */
struct str tree_write(struct json_object *tree, struct arena *arena);

#endif
