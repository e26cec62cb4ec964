/* runner.c: runs text cases against the program's code in this process, or against a server. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "case_file.h"
#include "endpoint.h"
#include "http_client.h"
#include "inprocess.h"
#include "match.h"

static const char usage[] =
    "usage: runner [--http unix:/path|HOST:PORT] [--redis unix:/path] [--shards N] [--verbose]\n"
    "              FILE...\n"
    "Runs the cases of each file, in this process or, with --http, against a server. With --redis\n"
    "each file starts with an empty Redis: EVERYTHING in it is deleted. --shards parts the data "
    "of\n"
    "this process; a server has its own option. --verbose names each case before it runs, so that\n"
    "the last one named is the one that ended the process.\n";

struct options {
    const char *http;  /* NULL: in this process */
    const char *redis; /* NULL: only cases that need none */
    const char *shards;
    bool verbose;
};

struct tally {
    size_t passed;
    size_t failed;
};

static void empty_redis(const char *where)
{
    static const char command[] = "*1\r\n$8\r\nFLUSHALL\r\n";
    static const char wanted[] = "+OK\r\n";
    int fd = endpoint_connect(where);
    char reply[sizeof(wanted)] = "";

    if (!endpoint_send(fd, command, sizeof(command) - 1) ||
        recv(fd, reply, sizeof(wanted) - 1, MSG_WAITALL) != (ssize_t)sizeof(wanted) - 1 ||
        strcmp(reply, wanted) != 0) {
        (void)fprintf(stderr, "cannot empty the Redis at %s\n", where);
        exit(2);
    }
    close(fd);
}

/* A body with nothing behind it, so that a sanitizer sees who reads on. */
static char *tight_copy(struct str body)
{
    char *copy = body.len ? malloc(body.len) : NULL;

    if (copy)
        memcpy(copy, body.ptr, body.len);
    return copy;
}

/* The "id" that the answer begins with, or the "_id" that follows its "_index"; empty for none. */
static struct str id_of(const struct answer *seen)
{
    static const struct str start = STR_ROW("{\"id\":\""), index = STR_ROW("{\"_index\":\"");
    static const struct str behind_index = STR_ROW(",\"_id\":\"");
    struct str body = { seen->body, seen->body_len };

    if (str_starts(body, index)) {
        body = str_from_offset(body, index.len);
        (void)str_take(&body, '"');
        if (!str_starts(body, behind_index))
            return STR("");
        body = str_from_offset(body, behind_index.len);
    } else if (str_starts(body, start)) {
        body = str_from_offset(body, start.len);
    } else {
        return STR("");
    }
    return str_take(&body, '"');
}

/* The file is read on with what the case keeps of its answer, which lies in `whole`. */
static bool run_case(respond_function *respond, struct case_file *file, const struct test_case *one,
                     struct arena *arena, struct arena *whole)
{
    char *body = tight_copy(one->body);
    struct answer seen =
        respond(arena_copy(arena, one->method).ptr, arena_copy(arena, one->target).ptr,
                one->headers, one->header_count, body, one->body.len);
    bool passed;

    if (str_equal(one->method, STR("HEAD")))
        seen.body_len = 0; /* a server does not send it */
    passed = match_answer(&one->expected, &seen);
    if (!passed) {
        printf("%s:%zu: %.*s\n", file->path, one->line, STR_ARGS(one->title));
        match_print(&one->expected, &seen);
    }
    if (one->kept_id.ptr)
        case_file_replace(file, one->kept_id, id_of(&seen), whole);
    free(body);
    return passed;
}

static void run_file(const char *path, const struct options *options, struct tally *tally)
{
    struct arena *whole = arena_new();
    struct arena *arena = arena_new();
    struct case_file file = case_file_open(path, whole);
    struct test_case one;

    if (options->redis)
        empty_redis(options->redis);
    while (case_file_next(&file, arena, &one)) {
        if (options->verbose)
            (void)fprintf(stderr, "%s:%zu: %.*s\n", path, one.line, STR_ARGS(one.title));
        if (run_case(options->http ? http_client_respond : inprocess_respond, &file, &one, arena,
                     whole))
            tally->passed++;
        else
            tally->failed++;
        arena_reset(arena);
    }
    arena_free(arena);
    arena_free(whole);
}

static struct options read_options(int argc, char **argv)
{
    static const struct option known[] = {
        { "http", required_argument, NULL, 'h' },
        { "redis", required_argument, NULL, 'r' },
        { "shards", required_argument, NULL, 's' },
        { "verbose", no_argument, NULL, 'v' },
        { 0 },
    };
    struct options options = { .shards = "1" };
    int letter;

    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (letter == 'h') {
            options.http = optarg;
        } else if (letter == 'r') {
            options.redis = optarg;
        } else if (letter == 's') {
            options.shards = optarg;
        } else if (letter == 'v') {
            options.verbose = true;
        } else {
            (void)fputs(usage, stderr);
            exit(2);
        }
    }
    return options;
}

int main(int argc, char **argv)
{
    struct options options = read_options(argc, argv);
    struct tally tally = { 0 };

    /* A case that ends the process must not hide earlier failures. */
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (options.redis)
        empty_redis(options.redis); /* or else ends here, before anything waits for it */
    if (options.http)
        http_client_open(options.http);
    else
        inprocess_open(options.redis, options.shards);
    for (int i = optind; i < argc; i++)
        run_file(argv[i], &options, &tally);
    if (options.http)
        http_client_close();
    else
        inprocess_close();
    printf("%zu passed, %zu failed\n", tally.passed, tally.failed);
    return tally.failed > 0 || tally.passed == 0;
}
