/* health_test.c: tests reading INFO. */
#include "store/redis/health.h"
#include "unit.h"

static void test_info(void **state)
{
    struct health health = { .told = true };

    (void)state;
    health_read_info(
        STR("# Server\r\nredis_version:7.0.15\r\nnot_loading:2\r\n\r\n# Persistence\r\n"
            "loading:0\r\nloading_start_time:5\r\naof_enabled:1\r\n"
            "aof_last_write_status:ok\r\nrdb_last_bgsave_status:err\r\n"
            "maxmemory_policy:allkeys-lru\r\nrole:slave\r\nconnected_slaves:2\r\n"
            "master_link_status:down\r\nno colon\r\nempty:"),
        &health);
    assert_text(health.version, "7.0.15");
    assert_text(health.loading, "0");
    assert_text(health.aof_enabled, "1");
    assert_text(health.aof_last_write_status, "ok");
    assert_text(health.rdb_last_bgsave_status, "err");
    assert_text(health.maxmemory_policy, "allkeys-lru");
    assert_text(health.role, "slave");
    assert_text(health.connected_slaves, "2");
    assert_text(health.master_link_status, "down");
}

static void test_nothing(void **state)
{
    static const struct str rows[] = { STR_ROW(""), STR_ROW("\r\n"), STR_ROW("role"),
                                       STR_ROW("xrole:master"), STR_ROW("role master:x") };

    (void)state;
    for_each_row (i, rows) {
        struct health health = { .told = true };

        health_read_info(rows[i], &health);
        assert_row(!health.role.ptr, rows[i]);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_info),
        cmocka_unit_test(test_nothing),
    };

    return cmocka_run_group_tests_name("health", tests, NULL, NULL);
}
