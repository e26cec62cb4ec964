/* systemd_test.c: tests what systemd is told, on sockets as it opens them. */
#include "base/systemd.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "unit.h"

/* What arrives at a socket of that name, of which the environment says `said`; absent: nothing. */
static struct str told(const char *name, size_t length, const char *said, char *memory, size_t size)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int descriptor = socket(AF_UNIX, SOCK_DGRAM, 0);
    ssize_t count;

    memcpy(address.sun_path, name, length);
    assert_int_equal(bind(descriptor, (struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)),
                     0);
    assert_int_equal(said ? setenv("NOTIFY_SOCKET", said, 1) : unsetenv("NOTIFY_SOCKET"), 0);
    systemd_tell_ready();
    count = recv(descriptor, memory, size, MSG_DONTWAIT);
    (void)close(descriptor);
    return (struct str){ count < 0 ? NULL : memory, count < 0 ? 0 : (size_t)count };
}

static void test_a_socket_in_the_file_system(void **state)
{
    char folder[] = "/tmp/lastsync-systemd-XXXXXX", path[64], memory[64];

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/notify", folder);
    assert_true(str_equal(told(path, strlen(path), path, memory, sizeof memory), STR("READY=1")));
    assert_int_equal(unlink(path), 0);
    systemd_tell_ready(); /* nobody listens: only the log says so */
    assert_null(told(path, strlen(path), NULL, memory, sizeof memory).ptr);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void test_an_abstract_socket(void **state)
{
    char said[64], name[64], memory[64];

    (void)state;
    (void)snprintf(said, sizeof said, "@lastsync-systemd-%ld", (long)getpid());
    (void)snprintf(name, sizeof name, "%s", said);
    name[0] = '\0';
    assert_true(str_equal(told(name, strlen(said), said, memory, sizeof memory), STR("READY=1")));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_socket_in_the_file_system),
        cmocka_unit_test(test_an_abstract_socket),
    };

    return cmocka_run_group_tests_name("systemd", tests, NULL, NULL);
}
