/* fields.h: the stored fields of connectors and sync jobs, from fields.def, and the words in them,
 * from words.def. */
#ifndef LASTSYNC_SCHEMA_FIELDS_H
#define LASTSYNC_SCHEMA_FIELDS_H

#include "base/str.h"

/* The API's fields come first, in the order in which they are printed; our own follow. */
enum connector_field {
#define CONNECTOR_FIELD(enumerator, ...) enumerator,
#include "store/schema/fields.def"
#define CONNECTOR_OWN(enumerator, ...) enumerator,
#include "store/schema/fields.def"
    CONNECTOR_STORED
};

enum sync_job_field {
#define JOB_FIELD(enumerator, ...) enumerator,
#include "store/schema/fields.def"
#define JOB_OWN(enumerator, ...) enumerator,
#include "store/schema/fields.def"
    SYNC_JOB_STORED
};

/* The numbers of the API's fields, from the last one of each kind. */
enum { CONNECTOR_FIELDS = IS_DELETED + 1, SYNC_JOB_FIELDS = JOB_WORKER_HOSTNAME + 1 };

/* Their names. */
extern const struct str connector_names[CONNECTOR_STORED];
extern const struct str sync_job_names[SYNC_JOB_STORED];

/* Whether a field of that name is stored in the hash of secrets. Dashboards may read a document's
 * hash, and Redis can deny a user a key, but not a field. */
bool field_is_secret(struct str name);

/* Whether a field of that name holds JSON: objects and lists, which may be longer than texts before
 * their document counts as a long one (see key_long). */
bool field_is_json(struct str name);

/* The fields that a report of a sync may bring besides its cursor, in the order of report.lua. */
enum {
#define REPORT_FIELD(enumerator, ...) REPORTS_##enumerator,
#include "store/schema/fields.def"
    REPORT_FIELDS
};

extern const struct str report_names[REPORT_FIELDS];

/* The fields of an entry of the stream `events`. */
enum event_field {
#define EVENT_FIELD(enumerator, ...) enumerator,
#include "store/schema/fields.def"
    EVENT_FIELDS
};

extern const struct str event_names[EVENT_FIELDS];

/* The words. */
enum sync_status {
#define SYNC_STATUS(enumerator, ...) enumerator,
#include "store/schema/words.def"
    SYNC_STATUSES
};

enum sync_job_type {
#define SYNC_JOB_TYPE(enumerator, ...) enumerator,
#include "store/schema/words.def"
    SYNC_JOB_TYPES
};

enum trigger_method {
#define TRIGGER_METHOD(enumerator, ...) enumerator,
#include "store/schema/words.def"
    TRIGGER_METHODS
};

enum connector_status {
#define CONNECTOR_STATUS_WORD(enumerator, ...) enumerator,
#include "store/schema/words.def"
    CONNECTOR_STATUSES
};

enum connector_state {
#define CONNECTOR_STATE(enumerator, ...) enumerator,
#include "store/schema/words.def"
    CONNECTOR_STATES
};

enum event_word {
#define EVENT(enumerator, ...) enumerator,
#include "store/schema/words.def"
    EVENTS
};

/* The first words are bad states; the others are ends of bad states. */
enum { EVENTS_BAD = EVENT_RECOVERED };

static inline bool event_is_end(enum event_word word)
{
    return word >= EVENT_RECOVERED;
}

extern const struct str event_words[EVENTS];
extern const struct str sync_status_words[SYNC_STATUSES];
extern const struct str sync_job_type_words[SYNC_JOB_TYPES];
extern const struct str trigger_method_words[TRIGGER_METHODS];
extern const struct str connector_status_words[CONNECTOR_STATUSES];
extern const struct str connector_state_words[CONNECTOR_STATES];

#endif
