/* http.c: the names of methods and headers, and the head of a response. */
#include "http/http.h"

#include "base/metrics.h"
#include "base/text.h"

static const struct str method_names[METHOD_COUNT] = {
    [GET] = STR_ROW("GET"), [HEAD] = STR_ROW("HEAD"),     [POST] = STR_ROW("POST"),
    [PUT] = STR_ROW("PUT"), [DELETE] = STR_ROW("DELETE"), [OPTIONS] = STR_ROW("OPTIONS"),
};

static const struct {
    struct str parameter;
    struct str name;
} headers[HEADER_COUNT] = {
    [ACCEPT] = { STR_ROW("HTTP_ACCEPT"), STR_ROW("Accept") },
    [AUTHORIZATION] = { STR_ROW("HTTP_AUTHORIZATION"), STR_ROW("Authorization") },
    [CONTENT_ENCODING] = { STR_ROW("HTTP_CONTENT_ENCODING"), STR_ROW("Content-Encoding") },
    [CONTENT_TYPE] = { STR_ROW("HTTP_CONTENT_TYPE"), STR_ROW("Content-Type") },
    [HOST] = { STR_ROW("HTTP_HOST"), STR_ROW("Host") },
    [SEC_FETCH_SITE] = { STR_ROW("HTTP_SEC_FETCH_SITE"), STR_ROW("Sec-Fetch-Site") },
    [X_OPAQUE_ID] = { STR_ROW("HTTP_X_OPAQUE_ID"), STR_ROW("X-Opaque-Id") },
    [X_REQUESTED_WITH] = { STR_ROW("HTTP_X_REQUESTED_WITH"), STR_ROW("X-Requested-With") },
};

static const struct {
    int status;
    struct str words;
} statuses[] = {
    { 200, STR_ROW("OK") },
    { 201, STR_ROW("Created") },
    { 400, STR_ROW("Bad Request") },
    { 401, STR_ROW("Unauthorized") },
    { 403, STR_ROW("Forbidden") },
    { 404, STR_ROW("Not Found") },
    { 405, STR_ROW("Method Not Allowed") },
    { 406, STR_ROW("Not Acceptable") },
    { 409, STR_ROW("Conflict") },
    { 413, STR_ROW("Request Entity Too Large") },
    { 415, STR_ROW("Unsupported Media Type") },
    { 500, STR_ROW("Internal Server Error") },
    { 503, STR_ROW("Service Unavailable") },
};

enum method method_read(struct str name)
{
    for (enum method method = GET; method < OTHER_METHOD; method++)
        if (str_equal(name, method_names[method]))
            return method;
    return OTHER_METHOD;
}

struct str method_name(enum method method)
{
    return method_names[method];
}

struct str header_name(enum header header)
{
    return headers[header].name;
}

void request_add_header(struct request *request, struct str parameter, struct str value)
{
    for (enum header header = 0; header < HEADER_COUNT; header++) {
        if (!str_equal(parameter, headers[header].parameter))
            continue;
        if (request->headers[header].count++ == 0)
            request->headers[header].value = value;
        else if (!str_equal(request->headers[header].value, value))
            request->headers[header].differs = true;
        return;
    }
}

enum { STATUSES = sizeof statuses / sizeof statuses[0] };

_Static_assert((int)STATUSES < (int)METRIC_CODES_MAX, "each code has a number in the metrics");

unsigned status_number(int status)
{
    unsigned number = 0;

    while (number < STATUSES && statuses[number].status != status)
        number++;
    return number;
}

int status_of_number(unsigned number)
{
    return number < STATUSES ? statuses[number].status : 0;
}

struct str status_words(int status)
{
    unsigned number = status_number(status);

    return number < STATUSES ? statuses[number].words : STR("");
}

static void add_header(struct text *head, struct str name, struct str value)
{
    if (!value.ptr)
        return;
    text_add(head, name);
    text_add(head, STR(": "));
    text_add(head, value);
    text_add(head, STR("\r\n"));
}

struct str response_head(const struct response *response, struct arena *arena)
{
    struct text head = text_new(arena, 256);

    text_add(&head, STR("Status: "));
    text_number(&head, response->status);
    text_byte(&head, ' ');
    text_add(&head, status_words(response->status));
    text_add(&head, STR("\r\n"));
    /* Official clients refuse a 2xx answer without this header (API, section 9.1). Elasticsearch
     * does not send it to clients that are not logged in (section 8.4). */
    if (response->status != 401 && response->status != 403)
        add_header(&head, STR("X-elastic-product"), STR("Elasticsearch"));
    add_header(&head, STR("Content-Type"), response->content_type);
    add_header(&head, STR("Allow"), response->allow);
    add_header(&head, STR("X-Opaque-Id"), response->opaque_id);
    for (size_t i = 0; i < response->challenge_count; i++)
        add_header(&head, STR("WWW-Authenticate"), response->challenges[i]);
    if (response->retry_after) {
        text_add(&head, STR("Retry-After: "));
        text_number(&head, response->retry_after);
        text_add(&head, STR("\r\n"));
    }
    text_add(&head, STR("Content-Length: "));
    text_number(&head, (int64_t)response->body.len);
    text_add(&head, STR("\r\n\r\n"));
    return text_str(&head);
}
