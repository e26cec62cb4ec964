/* unit.h: shared by all unit tests: cmocka, views in assertions, an arena for each test, and random
 * numbers. */
#ifndef LASTSYNC_UNIT_H
#define LASTSYNC_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* A test in cmocka's table, with its own arena as its state. */
#define ARENA_TEST(function) cmocka_unit_test_setup_teardown(function, unit_open, unit_close)

/* Fails, with both texts, unless the view holds exactly the bytes of the literal. */
#define assert_text(view, expected) unit_assert_text((view), STR(expected), __FILE__, __LINE__)
#define assert_same(view, other)    unit_assert_text((view), (other), __FILE__, __LINE__)

/* Names the row of a table in the failure of an assertion. */
#define for_each_row(row, table) for (size_t row = 0; row < COUNT_OF(table) && unit_row(row); row++)

static inline int unit_open(void **state)
{
    *state = arena_new();
    return 0;
}

static inline int unit_close(void **state)
{
    arena_free(*state);
    return 0;
}

static size_t unit_current_row;

static inline bool unit_row(size_t row)
{
    unit_current_row = row;
    return true;
}

static inline void unit_assert_text(struct str view, struct str expected, const char *file,
                                    int line)
{
    if (view.ptr && str_equal(view, expected))
        return;
    print_error("row %zu: \"%.*s\" (%zu bytes%s) instead of \"%.*s\" (%zu bytes)\n",
                unit_current_row, STR_ARGS(str_or_empty(view)), view.len,
                view.ptr ? "" : ", absent", STR_ARGS(expected), expected.len);
    _fail(file, line);
}

/* Asserts a condition for a row, which is named by its input. */
#define assert_row(condition, input)                                                               \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            print_error("row %zu, \"%.*s\": not %s\n", unit_current_row, STR_ARGS(input),          \
                        #condition);                                                               \
            _fail(__FILE__, __LINE__);                                                             \
        }                                                                                          \
    } while (0)

/* Pseudorandom numbers, the same in each run (splitmix64). */
static inline uint64_t unit_random(uint64_t *seed)
{
    uint64_t number = *seed += 0x9e3779b97f4a7c15U;

    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9U;
    number = (number ^ number >> 27) * 0x94d049bb133111ebU;
    return number ^ number >> 31;
}

#endif
