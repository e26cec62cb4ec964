/* fields.h: every field of a connector (API, section 2.1) and of a sync job (section 7.1): as
 * bodies bring it, as it is stored, and as it is printed, in this order. */
#ifndef LASTSYNC_FIELDS_H
#define LASTSYNC_FIELDS_H

#include "api/common/body.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

enum connector_field {
    API_KEY_ID,
    API_KEY_SECRET_ID,
    CONFIGURATION,
    CUSTOM_SCHEDULING,
    DESCRIPTION,
    ERROR,
    FEATURES,
    FILTERING,
    INDEX_NAME,
    IS_NATIVE,
    LANGUAGE,
    LAST_SEEN,
    LAST_ACCESS_CONTROL_SYNC_ERROR,
    LAST_ACCESS_CONTROL_SYNC_STATUS,
    LAST_ACCESS_CONTROL_SYNC_SCHEDULED_AT,
    LAST_DELETED_DOCUMENT_COUNT,
    LAST_INCREMENTAL_SYNC_SCHEDULED_AT,
    LAST_INDEXED_DOCUMENT_COUNT,
    LAST_SYNC_ERROR,
    LAST_SYNC_SCHEDULED_AT,
    LAST_SYNC_STATUS,
    LAST_SYNCED,
    NAME,
    PIPELINE,
    SCHEDULING,
    SERVICE_TYPE,
    SYNC_CURSOR,
    CONNECTOR_STATUS,
    SYNC_NOW,
    IS_DELETED,
    CONNECTOR_FIELDS
};

extern const struct field connector_fields[CONNECTOR_FIELDS];

/* The words of a connector's status. */
enum connector_status {
    STATUS_CREATED,
    STATUS_NEEDS_CONFIGURATION,
    STATUS_CONFIGURED,
    STATUS_CONNECTED,
    STATUS_ERROR,
    CONNECTOR_STATUSES
};

extern const struct str connector_status_words[CONNECTOR_STATUSES];

/* What an Elastic-managed ("native") connector's index name must begin with. */
extern const struct str native_prefix;

enum sync_job_field {
    JOB_CANCELATION_REQUESTED_AT,
    JOB_CANCELED_AT,
    JOB_COMPLETED_AT,
    JOB_CONNECTOR,
    JOB_CREATED_AT,
    JOB_DELETED_DOCUMENT_COUNT,
    JOB_ERROR,
    JOB_INDEXED_DOCUMENT_COUNT,
    JOB_INDEXED_DOCUMENT_VOLUME,
    JOB_TYPE,
    JOB_LAST_SEEN,
    JOB_METADATA,
    JOB_STARTED_AT,
    JOB_STATUS,
    JOB_TOTAL_DOCUMENT_COUNT,
    JOB_TRIGGER_METHOD,
    JOB_WORKER_HOSTNAME,
    SYNC_JOB_FIELDS
};

extern const struct field sync_job_fields[SYNC_JOB_FIELDS];

/* The words of a sync job's status and of what a connector says of its syncs; of its type, and of
 * what triggered it. */
enum sync_status {
    SYNC_CANCELING,
    SYNC_CANCELED,
    SYNC_COMPLETED,
    SYNC_ERROR,
    SYNC_IN_PROGRESS,
    SYNC_PENDING,
    SYNC_SUSPENDED,
    SYNC_STATUSES
};

enum sync_job_type { JOB_FULL, JOB_INCREMENTAL, JOB_ACCESS_CONTROL, SYNC_JOB_TYPES };

enum trigger_method { ON_DEMAND, SCHEDULED, TRIGGER_METHODS };

extern const struct choices sync_statuses, sync_job_types, trigger_methods;

/* The forms of filtering, for the bodies that hold a part of it. */
extern const struct form advanced_snippet_form, rule_form, validation_form;

#endif
