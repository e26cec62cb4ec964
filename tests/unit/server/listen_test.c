/* listen_test.c: tests listening sockets: made, replaced, refused, inherited and removed. */
#include "server/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "unit.h"

static char directory[32], path[64], address[80];

static int open_directory(void **state)
{
    (void)state;
    (void)snprintf(directory, sizeof directory, "/tmp/lastsync-listen-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    (void)snprintf(path, sizeof path, "%s/socket", directory);
    (void)snprintf(address, sizeof address, "unix:%s", path);
    return 0;
}

static int close_directory(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(directory);
}

static bool can_connect(void)
{
    struct sockaddr_un place = { .sun_family = AF_UNIX };
    int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
    bool connected;

    memcpy(place.sun_path, path, strlen(path) + 1);
    connected = connect(descriptor, (struct sockaddr *)&place, sizeof place) == 0;
    (void)close(descriptor);
    return connected;
}

static void test_unix(void **state)
{
    mode_t mask = umask(0777);
    int listener = listen_open(address);
    struct stat status;

    (void)state;
    assert_int_equal(umask(mask), 0777);
    assert_true(listener >= 0);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0660);
    assert_true(can_connect());
    assert_int_equal(close(listener), 0);
    listen_remove(address);
    assert_int_equal(access(path, F_OK), -1);
}

static void test_left_over_socket_is_replaced(void **state)
{
    int listener = listen_open(address);

    (void)state;
    assert_true(listener >= 0);
    assert_int_equal(close(listener), 0);
    assert_int_equal(access(path, F_OK), 0);
    assert_false(can_connect());
    listener = listen_open(address);
    assert_true(listener >= 0);
    assert_true(can_connect());
    assert_int_equal(close(listener), 0);
}

static void test_served_socket_is_left_alone(void **state)
{
    int listener = listen_open(address);

    (void)state;
    assert_true(listener >= 0);
    assert_int_equal(listen_open(address), -1);
    assert_true(can_connect());
    assert_int_equal(close(listener), 0);
}

static void test_other_files_are_left_alone(void **state)
{
    FILE *file = fopen(path, "w");

    (void)state;
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(listen_open(address), -1);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/nonexistent", path), 0);
    assert_int_equal(listen_open(address), -1);
}

static void test_lengths_of_paths(void **state)
{
    struct sockaddr_un place;

    (void)state;
    for (size_t len = sizeof place.sun_path - 1; len <= sizeof place.sun_path; len++) {
        char longer[200];
        int listener;

        (void)snprintf(longer, sizeof longer, "unix:%s/", directory);
        while (strlen(longer) < len + 5)
            (void)snprintf(longer + strlen(longer), 2, "x");
        listener = listen_open(longer);
        assert_int_equal(listener >= 0, len < sizeof place.sun_path);
        if (listener >= 0)
            assert_int_equal(close(listener), 0);
        listen_remove(longer);
    }
}

static void test_refused(void **state)
{
    static const char *const addresses[] = {
        "unix:",       "unix:/nonexistent/socket", "/tmp/x",      "127.0.0.1",
        "127.0.0.1:x", "127.0.0.1:65536",          "256.0.0.1:1", "[::1:9000",
    };

    (void)state;
    for_each_row (i, addresses)
        assert_row(listen_open(addresses[i]) == -1,
                   ((struct str){ addresses[i], strlen(addresses[i]) }));
}

static void test_tcp(void **state)
{
    int listener = listen_open("127.0.0.1:0"), second, on;
    struct sockaddr_in place;
    socklen_t size = sizeof place;
    char same[32];

    (void)state;
    assert_true(listener >= 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&place, &size), 0);
    assert_int_equal(place.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    size = sizeof on;
    assert_int_equal(getsockopt(listener, SOL_SOCKET, SO_ACCEPTCONN, &on, &size), 0);
    assert_true(on);
    (void)snprintf(same, sizeof same, "127.0.0.1:%u", (unsigned)ntohs(place.sin_port));
    second = listen_open(same);
    assert_int_equal(second, -1);
    assert_int_equal(close(listener), 0);
    listener = listen_open(same);
    assert_true(listener >= 0);
    listen_remove(same);
    assert_int_equal(close(listener), 0);
}

/* Descriptor 0 counts only if it listens. */
static void test_inherited(void **state)
{
    int listener = listen_open(address), kept = dup(STDIN_FILENO), pair[2];

    (void)state;
    assert_true(listener >= 0 && kept >= 0);
    assert_int_equal(dup2(listener, STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(listen_open(NULL), STDIN_FILENO);
    assert_int_equal(listen_open(""), STDIN_FILENO);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(dup2(pair[0], STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(listen_open(NULL), -1);
    assert_int_equal(close(STDIN_FILENO), 0);
    assert_int_equal(listen_open(NULL), -1);
    assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
    (void)close(kept);
    (void)close(pair[0]);
    (void)close(pair[1]);
    (void)close(listener);
    listen_remove(NULL);
}

#define LISTEN_TEST(function)                                                                      \
    cmocka_unit_test_setup_teardown(function, open_directory, close_directory)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        LISTEN_TEST(test_unix),
        LISTEN_TEST(test_left_over_socket_is_replaced),
        LISTEN_TEST(test_served_socket_is_left_alone),
        LISTEN_TEST(test_other_files_are_left_alone),
        LISTEN_TEST(test_lengths_of_paths),
        LISTEN_TEST(test_refused),
        LISTEN_TEST(test_tcp),
        LISTEN_TEST(test_inherited),
    };

    return cmocka_run_group_tests_name("listen", tests, NULL, NULL);
}
