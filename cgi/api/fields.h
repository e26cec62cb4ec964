/* fields.h: every field of a connector (API, section 2.1): as bodies bring it, as it is stored, and
 * as it is printed, in this order. */
#ifndef LASTSYNC_FIELDS_H
#define LASTSYNC_FIELDS_H

#include "api/body.h"

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

/* The forms of filtering, for the bodies that hold a part of it. */
extern const struct form advanced_snippet_form, rule_form, validation_form;

#endif
