/* config_fuzz.c: any bytes as a configuration file: the resulting settings lie within their bounds.
 */
#define _GNU_SOURCE /* memfd_create */
#include "config.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

/* Reads the file, and discards the complaints. */
static enum config_result read_quietly(char *path, struct config *config)
{
    char *arguments[] = { (char[]){ "lastsync" }, (char[]){ "--config" }, path, NULL };
    int kept = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    enum config_result result;

    REQUIRE(kept >= 0 && dup2(nowhere, STDERR_FILENO) >= 0);
    result = config_read(config, 3, arguments);
    REQUIRE(dup2(kept, STDERR_FILENO) >= 0);
    (void)close(kept);
    (void)close(nowhere);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config config;
    char path[64];
    int file = memfd_create("configuration", MFD_CLOEXEC);

    REQUIRE(file >= 0 && write(file, data, size) == (ssize_t)size);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (read_quietly(path, &config) == CONFIG_READ) {
        REQUIRE(config.body_limit > 0 && config.depth_limit > 0 && config.member_limit > 0);
        REQUIRE(config.connection_limit > 0 && config.batch_limit > 0);
        REQUIRE(config.deadline >= 10 && config.deadline <= 60000);
        REQUIRE(config.address.path || config.address.host || config.address.seeds ||
                config.address.sentinels);
        REQUIRE(config.listen);
    }
    (void)close(file);
    return 0;
}
