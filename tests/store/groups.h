/* groups.h: the groups of tests of the store; each gives how many of its tests failed. */
#ifndef LASTSYNC_STORE_GROUPS_H
#define LASTSYNC_STORE_GROUPS_H

#include "world.h"

int test_operations(void);
int test_lists(void);
int test_faults(void);
int test_states(void);
int test_counts(void);
int test_mute(void);
int test_events(void);
int test_budget(void);
int test_atomicity(void);
int test_secrets(void);
int test_care(void);
int test_races(void);
int test_access_keys(void);
int test_sync_jobs(void);
int test_document_versions(void);

#endif
