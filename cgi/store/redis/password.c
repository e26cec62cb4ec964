/* password.c: reads the password for Redis. */
#include "store/redis/password.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Fills the room; gives how many bytes there are, or -1. */
static ssize_t load(const char *path, char *room, size_t size)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t count = 1;
    size_t len = 0;
    int problem;

    if (file < 0)
        return -1;
    while (count > 0 && len < size) {
        count = read(file, room + len, size - len);
        len += count > 0 ? (size_t)count : 0;
    }
    problem = errno;
    (void)close(file);
    errno = problem;
    return count < 0 ? -1 : (ssize_t)len;
}

const char *password_read(const struct store_address *address, struct password *password)
{
    struct str rest;
    ssize_t count;

    password->text = str_from(address->password);
    if (!address->password_file)
        return NULL;
    count = load(address->password_file, password->room, sizeof password->room);
    if (count < 0)
        return errno == ENOENT ? "the file with its password is not there"
                               : "the file with its password cannot be read";
    rest = (struct str){ password->room, (size_t)count };
    password->text = str_take(&rest, '\n');
    if (password->text.len && password->text.ptr[password->text.len - 1] == '\r')
        password->text.len--;
    if (!password->text.len)
        return "the file with its password is empty";
    return password->text.len > PASSWORD_MAX ? "its password is too long" : NULL;
}

const char *store_password_fault(const struct store_address *address)
{
    struct password password;

    return password_read(address, &password);
}
