/* post.c: sends by libcurl. The only file that knows it. */
#include "notify/post.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

/* Nobody needs what a target answers. */
static size_t drop(const char *bytes, size_t size, size_t count, void *context)
{
    (void)bytes;
    (void)context;
    return size * count;
}

static struct curl_slist *add_headers(const struct post *post)
{
    struct curl_slist *list = curl_slist_append(NULL, "Content-Type: application/json");

    for (size_t i = 0; list && i < sizeof post->headers / sizeof post->headers[0]; i++)
        if (post->headers[i].ptr)
            list = curl_slist_append(list, post->headers[i].ptr);
    if (!list)
        abort();
    return list;
}

bool post_send(const struct post *post, char fault[POST_FAULT_MAX])
{
    char error[CURL_ERROR_SIZE] = "";
    struct curl_slist *headers = add_headers(post);
    CURL *curl = curl_easy_init();
    long status = 0;
    CURLcode code;

    if (!curl)
        abort();
    (void)curl_easy_setopt(curl, CURLOPT_URL, post->url.ptr);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "lastsync");
    (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, post->body.ptr);
    (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post->body.len);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, post->seconds);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    code = curl_easy_perform(curl);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    if (code == CURLE_OK && status >= 200 && status < 300)
        return true;
    if (code == CURLE_OK)
        (void)snprintf(fault, POST_FAULT_MAX, "it answers %ld", status);
    else
        (void)snprintf(fault, POST_FAULT_MAX, "%s", error[0] ? error : curl_easy_strerror(code));
    return false;
}
