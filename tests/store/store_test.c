/* store_test.c: tests the store and its operations against a real Redis. The variable ONLY is a
 * pattern of the tests to run ("race*"). */
#include <signal.h>

#include "groups.h"
#include "world.h"

int main(void)
{
    int failed;

    (void)signal(SIGPIPE, SIG_IGN); /* as the program does */
    cmocka_set_test_filter(getenv("ONLY"));
    failed = test_operations();
    failed += test_lists();
    if (!world_is_cluster()) { /* they work on one Redis; tests/cluster has a cluster's faults */
        failed += test_faults();
        failed += test_atomicity();
    }
    failed += test_states();
    failed += test_counts();
    failed += test_mute();
    failed += test_events();
    failed += test_budget();
    failed += test_secrets();
    failed += test_care();
    failed += test_races();
    failed += test_access_keys();
    failed += test_sync_jobs();
    failed += test_document_versions();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
