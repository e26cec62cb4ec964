/* tree.h: JSON values as json-c's trees: to keep, merge and write them. A number keeps the text in
 * which it was sent, so that integers of any size survive (json-c would clamp them). */
#ifndef LASTSYNC_TREE_H
#define LASTSYNC_TREE_H

#include "base/json.h"

struct json_object;

/* Builds the value whose first token was just taken from the reader. The tree belongs to the
 * reader's arena. False after a JSON_FAULT; a key that comes twice in one object is a fault,
 * too. */
bool tree_read(struct json_reader *reader, struct json_object **tree);

/* Builds a tree from a whole text, such as a stored one. False if it is not JSON. */
bool tree_parse(struct str text, struct arena *arena, struct json_object **tree);

bool tree_is_object(struct json_object *tree);
bool tree_is_array(struct json_object *tree);
bool tree_is_string(struct json_object *tree);

/* New trees, which belong to the arena. For tree_new the text must be JSON. */
struct json_object *tree_new_object(struct arena *arena);
struct json_object *tree_new_array(struct arena *arena);
struct json_object *tree_new_string(struct str text, struct arena *arena);
struct json_object *tree_new(struct str json, struct arena *arena);

/* Set a member of an object, or append to an array. A NUL must follow the member's name. The value
 * is NULL for JSON's null, and may be part of several trees. */
void tree_set(struct json_object *object, struct str name, struct json_object *value);
void tree_append(struct json_object *array, struct json_object *value);

/* A member of an object, an element of an array, the length of an array. NULL, or 0, if there is
 * none or `object` or `array` is something else. */
struct json_object *tree_member(struct json_object *object, const char *name);
struct json_object *tree_element(struct json_object *array, size_t at);
size_t tree_length(struct json_object *array);

/* How many members an object has; 0 for anything else. */
size_t tree_member_count(struct json_object *object);

/* Whether the object has that member; it may be null. */
bool tree_has(struct json_object *object, const char *name);

/* A string's text, or anything else as JSON text. */
struct str tree_text(struct json_object *tree);

/* Whether both are the same value. Numbers are equal if their values are, and both are integers or
 * neither is. */
bool tree_equal(struct json_object *a, struct json_object *b);

/* Calls visit(context, name, value) for each member of an object, until it gives false. */
bool tree_each(struct json_object *object,
               bool (*visit)(void *context, struct str name, struct json_object *value),
               void *context);

/* Merges the object `sent` into the object `stored` as a partial update does (API, section 3.4):
 * objects merge, all else replaces, nothing is removed. True if anything has changed, as tree_equal
 * sees it. */
bool tree_merge(struct json_object *stored, struct json_object *sent);

/* The tree as JSON text without blanks. */
struct str tree_write(struct json_object *tree, struct arena *arena);

#endif
