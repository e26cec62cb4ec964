/* parameters.c: reads CGI's parameters. */
#include "server/parameters.h"

void parameters_read(char *const *texts, struct request *request, struct parameters *parameters)
{
    const struct {
        struct str name;
        struct str *place;
    } rows[] = {
        { STR_ROW("REQUEST_METHOD"), &parameters->method },
        { STR_ROW("REQUEST_URI"), &parameters->target },
        { STR_ROW("CONTENT_LENGTH"), &parameters->length },
        { STR_ROW("CONTENT_TYPE"), &parameters->content_type },
        { STR_ROW("REQUEST_ID"), &parameters->id },
        { STR_ROW("SCRIPT_NAME"), &parameters->script },
        { STR_ROW("PATH_INFO"), &parameters->path },
        { STR_ROW("QUERY_STRING"), &parameters->query },
        { STR_ROW("REMOTE_USER"), &request->vouched.user },
        { STR_ROW("LASTSYNC_ROLE"), &request->vouched.role },
        { STR_ROW("LASTSYNC_CONNECTORS"), &request->vouched.connectors },
        { STR_ROW("LASTSYNC_PROXY_SECRET"), &request->vouched.secret },
    };

    *parameters = (struct parameters){ .method = { NULL, 0 } };
    for (; *texts; texts++) {
        struct str value = str_from(*texts), name = str_take(&value, '=');

        if (!value.ptr)
            continue; /* a name with a NUL in it */
        if (str_starts(name, STR("HTTP_"))) {
            request_add_header(request, name, value);
            continue;
        }
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
            if (str_equal(name, rows[i].name))
                *rows[i].place = value;
    }
    request->method_text = str_or_empty(parameters->method);
    request->method = method_read(request->method_text);
    request->target = parameters->target;
    request->id = parameters->id;
    /* A web server may pass it in both ways, or only in this one. */
    if (!request->headers[CONTENT_TYPE].count && parameters->content_type.len) {
        request->headers[CONTENT_TYPE].value = parameters->content_type;
        request->headers[CONTENT_TYPE].count = 1;
    }
}
