/* post.c: sends by libcurl. The only file that knows it.
 *
 * libcurl is loaded when the first text is sent: it loads thirty other libraries, which would make
 * each start of lastsync three times as long, and workers do not need them. */
#include "notify/post.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

static struct {
    bool loaded;
    struct curl_slist *(*add)(struct curl_slist *list, const char *text);
    void (*free_list)(struct curl_slist *list);
    CURL *(*open)(void);
    CURLcode (*set)(CURL *curl, CURLoption option, ...);
    CURLcode (*perform)(CURL *curl);
    CURLcode (*get)(CURL *curl, CURLINFO info, ...);
    void (*close)(CURL *curl);
    const char *(*describe)(CURLcode code);
} library;

/* The place of each of its functions. */
static const struct {
    const char *name;
    void *place;
} functions[] = {
    { "curl_slist_append", &library.add },     { "curl_slist_free_all", &library.free_list },
    { "curl_easy_init", &library.open },       { "curl_easy_setopt", &library.set },
    { "curl_easy_perform", &library.perform }, { "curl_easy_getinfo", &library.get },
    { "curl_easy_cleanup", &library.close },   { "curl_easy_strerror", &library.describe },
};

/* False if the library cannot be loaded; *fault then says why. */
static bool load(char fault[POST_FAULT_MAX])
{
    void *handle = library.loaded ? NULL : dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);

    for (size_t i = 0; handle && i < sizeof functions / sizeof functions[0]; i++) {
        void *function = dlsym(handle, functions[i].name);

        library.loaded = function != NULL;
        memcpy(functions[i].place, &function, sizeof function);
        if (!function)
            break;
    }
    if (!library.loaded)
        (void)snprintf(fault, POST_FAULT_MAX, "libcurl cannot be loaded: %s", dlerror());
    return library.loaded;
}

/* The body of a target's answer is not needed. */
static size_t drop(const char *bytes, size_t size, size_t count, void *context)
{
    (void)bytes;
    (void)context;
    return size * count;
}

static bool is_known_version(struct str version)
{
    static const struct str known[] = { STR_ROW("HTTP/1.0"), STR_ROW("HTTP/1.1"), STR_ROW("HTTP/2"),
                                        STR_ROW("HTTP/3") };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (str_equal(version, known[i]))
            return true;
    return false;
}

static bool ends_line(char byte)
{
    return byte == '\r' || byte == '\n';
}

/* Gives the status of a status line, which has three digits; 0: it is no status line. */
static unsigned read_status(struct str line)
{
    struct str version = str_take(&line, ' '), digits = { line.ptr, 3 };
    uint64_t status;

    if (!is_known_version(version) || line.len <= digits.len ||
        !(line.ptr[digits.len] == ' ' || ends_line(line.ptr[digits.len])) ||
        number_count(digits, 599, &status) != NUMBER_READ || status < 100)
        return 0;
    return (unsigned)status;
}

/* How far an answer's header has come, and the status that it has. */
struct header {
    enum { STATUS_DUE, WITHIN, OVER } state;
    unsigned status;
};

/* Reads a line of an answer's header, or of its trailer. Ends the transfer if a status line is due
 * and does not come: after a 1xx another one is. After a final one may come a trailer, or the
 * answer to another try of libcurl's. */
static size_t take_header(const char *bytes, size_t size, size_t count, void *context)
{
    struct header *header = context;
    struct str line = { bytes, size * count };

    if (header->state == STATUS_DUE || (header->state == OVER && str_starts(line, STR("HTTP/")))) {
        header->status = read_status(line);
        header->state = WITHIN;
        return header->status ? line.len : 0;
    }
    if (header->state == WITHIN && line.len && ends_line(line.ptr[0]))
        header->state = header->status < 200 ? STATUS_DUE : OVER;
    return line.len;
}

static struct curl_slist *add_text(struct curl_slist *list, const char *text)
{
    list = library.add(list, text);
    if (!list)
        abort();
    return list;
}

/* Prepares a POST; gives the list of headers to free afterwards. `header` must live until it is
 * sent. */
static struct curl_slist *set_http(CURL *curl, const struct post *post, struct header *header)
{
    struct curl_slist *headers = add_text(NULL, "Content-Type: application/json");

    for (size_t i = 0; i < sizeof post->headers / sizeof post->headers[0]; i++)
        if (post->headers[i].ptr)
            headers = add_text(headers, post->headers[i].ptr);
    (void)library.set(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)library.set(curl, CURLOPT_HTTPHEADER, headers);
    (void)library.set(curl, CURLOPT_USERAGENT, "lastsync");
    (void)library.set(curl, CURLOPT_POSTFIELDS, post->body.ptr);
    (void)library.set(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post->body.len);
    (void)library.set(curl, CURLOPT_HEADERFUNCTION, take_header);
    (void)library.set(curl, CURLOPT_HEADERDATA, header);
    (void)library.set(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L); /* a proxy's */
    return headers;
}

/* Gives libcurl the rest of an e-mail. */
static size_t read_mail(char *room, size_t size, size_t count, void *context)
{
    struct str *left = context;
    size_t len = left->len < size * count ? left->len : size * count;

    memcpy(room, left->ptr, len);
    *left = str_from_offset(*left, len);
    return len;
}

/* As set_http, of an e-mail. `left` must live until it is sent. */
static struct curl_slist *set_smtp(CURL *curl, const struct post *post, struct str *left)
{
    bool has_password = memchr(post->url.ptr, '@', post->url.len) != NULL;
    struct curl_slist *to = NULL;

    for (size_t i = 0; i < post->to_count; i++)
        to = add_text(to, post->to[i].ptr);
    *left = post->body;
    (void)library.set(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    if (has_password || str_starts(post->url, STR("smtps:"))) {
        (void)library.set(curl, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
    } else {
        /* Who could show another certificate could as well offer no TLS. */
        (void)library.set(curl, CURLOPT_USE_SSL, (long)CURLUSESSL_TRY);
        (void)library.set(curl, CURLOPT_SSL_VERIFYPEER, 0L);
        (void)library.set(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    (void)library.set(curl, CURLOPT_MAIL_FROM, post->from.ptr);
    (void)library.set(curl, CURLOPT_MAIL_RCPT, to);
    (void)library.set(curl, CURLOPT_UPLOAD, 1L);
    (void)library.set(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)post->body.len);
    (void)library.set(curl, CURLOPT_READFUNCTION, read_mail);
    (void)library.set(curl, CURLOPT_READDATA, left);
    return to;
}

/* Writes the fault of an answer. */
static void refuse(CURL *curl, long status, struct post_fault *fault)
{
    curl_off_t seconds = 0;

    (void)snprintf(fault->text, sizeof fault->text, "it answers %ld", status);
    if (status == 429 || status == 503)
        (void)library.get(curl, CURLINFO_RETRY_AFTER, &seconds);
    fault->retry_after = seconds;
}

bool post_send(const struct post *post, struct post_fault *fault)
{
    char error[CURL_ERROR_SIZE] = "";
    struct header header = { .state = STATUS_DUE };
    struct curl_slist *list;
    struct str left;
    long status = 0;
    CURLcode code;
    bool is_http, is_taken;
    CURL *curl;

    fault->retry_after = 0;
    if (!load(fault->text))
        return false;
    curl = library.open();
    if (!curl)
        abort();
    list = post->to_count ? set_smtp(curl, post, &left) : set_http(curl, post, &header);
    (void)library.set(curl, CURLOPT_URL, post->url.ptr);
    (void)library.set(curl, CURLOPT_TIMEOUT, post->seconds);
    (void)library.set(curl, CURLOPT_NOSIGNAL, 1L);
    (void)library.set(curl, CURLOPT_WRITEFUNCTION, drop);
    (void)library.set(curl, CURLOPT_ERRORBUFFER, error);
    code = library.perform(curl);
    (void)library.get(curl, CURLINFO_RESPONSE_CODE, &status);
    /* libcurl takes a status line that it cannot read for a 200. */
    is_http = code != CURLE_WRITE_ERROR && (post->to_count || (long)header.status == status);
    is_taken = code == CURLE_OK && is_http && status >= 200 && status < 300;
    if (code != CURLE_OK && code != CURLE_WRITE_ERROR)
        (void)snprintf(fault->text, sizeof fault->text, "%s",
                       error[0] ? error : library.describe(code));
    else if (!is_http)
        (void)snprintf(fault->text, sizeof fault->text, "its answer is not HTTP");
    else if (!is_taken)
        refuse(curl, status, fault);
    library.close(curl);
    library.free_list(list);
    return is_taken;
}
