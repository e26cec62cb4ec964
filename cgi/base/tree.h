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
bool tree_is_array(struct json_object *tree);
bool tree_is_string(struct json_object *tree);

/* New trees, which belong to the arena; of a JSON text that must be one. */
struct json_object *tree_new_object(struct arena *arena);
struct json_object *tree_new_array(struct arena *arena);
struct json_object *tree_new_string(struct str text, struct arena *arena);
struct json_object *tree_new(struct str json, struct arena *arena);

/* Sets a member of an object, whose name has a NUL behind it, or appends to an array. The value may
 * be part of several trees, and is NULL for JSON's null. */
void tree_set(struct json_object *object, struct str name, struct json_object *value);
void tree_append(struct json_object *array, struct json_object *value);

/* A member, or NULL: there is none, or it is no object. The same of an array's elements. */
struct json_object *tree_member(struct json_object *object, const char *name);
struct json_object *tree_element(struct json_object *array, size_t at);
size_t tree_length(struct json_object *array);

/* How many members an object has; 0 of anything else. */
size_t tree_member_count(struct json_object *object);

/* Whether the object has that member, be it null. */
bool tree_has(struct json_object *object, const char *name);

/* The text of a string, or of anything else as JSON. */
struct str tree_text(struct json_object *tree);

/* Whether both are the same value; numbers as in tree_merge. */
bool tree_equal(struct json_object *a, struct json_object *b);

/* Calls visit(context, name, value) for each member of an object, until it gives false. */
bool tree_each(struct json_object *object,
               bool (*visit)(void *context, struct str name, struct json_object *value),
               void *context);

/* Merges the object `sent` into the object `stored` as a partial update does (API, section 3.4):
 * objects merge, all else replaces, nothing is removed. True where anything changed. Equal are
 * numbers of equal value, as long as both are integers or both are not. */
bool tree_merge(struct json_object *stored, struct json_object *sent);

/* The tree as JSON text without blanks. */
struct str tree_write(struct json_object *tree, struct arena *arena);

#endif
