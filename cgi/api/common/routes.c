/* routes.c: finds routes in their tables. */
#include "api/common/routes.h"

static const struct route_table *const tables[] = {
    &connector_update_routes, &connector_routes,
    &filtering_routes,        &sync_job_routes,
    &sync_job_update_routes,  &sync_job_end_routes,
    &overview_routes,         &analytics_routes,
    &errors_routes,           &mute_routes,
    &health_routes,           &info_routes,
    &metrics_routes,          &connector_index_routes,
    &sync_job_index_routes,   &secret_routes,
};

/* Names that are never ids: the paths below them have their own routes, or none. */
static const struct str reserved[] = { STR_ROW("_sync_job"), STR_ROW("_secret") };

static bool is_reserved(struct str segment)
{
    return str_equal(segment, reserved[0]) || str_equal(segment, reserved[1]);
}

static bool is_capture(struct str segment)
{
    return segment.len && segment.ptr[0] == '{';
}

/* Whether the path may belong to the table. */
static bool begins(const struct route_table *table, const struct target *target)
{
    struct str first = target->segment_count ? target->segments[0] : STR("");

    return !table->first.ptr || str_equal(first, table->first) ||
           (table->alias.ptr && str_equal(first, table->alias));
}

/* Whether the path matches the pattern, and the captured segment. If the table names the first
 * segment, that one was checked before. */
static bool fits(const struct route_table *table, struct str pattern, const struct target *target,
                 struct match *captured)
{
    struct str segment;
    size_t at = 0;

    captured->capture = captured->capture_name = (struct str){ NULL, 0 };
    pattern = str_from_offset(pattern, 1);
    if (table->first.ptr) {
        (void)str_take(&pattern, '/');
        at = 1;
        if (!pattern.ptr)
            return target->segment_count == 1;
    }
    if (!pattern.len)
        return target->segment_count == 0;
    while (str_split(&pattern, '/', &segment)) {
        if (at == target->segment_count)
            return false;
        if (is_capture(segment) && !is_reserved(target->segments[at])) {
            captured->capture = target->segments[at];
            captured->capture_name = (struct str){ segment.ptr + 1, segment.len - 2 };
        } else if (!str_equal(segment, target->segments[at])) {
            return false;
        }
        at++;
    }
    return at == target->segment_count;
}

const struct route *routes_numbered(unsigned number)
{
    size_t at = number - ROUTE_NUMBERS_BEGIN;

    for (size_t i = 0; number >= ROUTE_NUMBERS_BEGIN && i < sizeof tables / sizeof tables[0]; i++) {
        if (at < tables[i]->count)
            return &tables[i]->routes[at];
        at -= tables[i]->count;
    }
    return NULL;
}

unsigned routes_numbers(void)
{
    size_t count = ROUTE_NUMBERS_BEGIN;

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        count += tables[i]->count;
    return (unsigned)count;
}

struct match routes_find(const struct target *target, enum method method)
{
    struct match match = { .route = NULL };
    unsigned number = ROUTE_NUMBERS_BEGIN;

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        if (!begins(tables[i], target)) {
            number += (unsigned)tables[i]->count;
            continue;
        }
        for (size_t k = 0; k < tables[i]->count; k++, number++) {
            const struct route *route = &tables[i]->routes[k];
            struct match fitting;

            if (!fits(tables[i], route->path, target, &fitting))
                continue;
            match.methods |= 1U << route->method;
            if (route->method == method) {
                match.route = route;
                match.capture = fitting.capture;
                match.capture_name = fitting.capture_name;
                match.number = number;
            }
        }
    }
    return match;
}
