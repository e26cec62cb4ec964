/* fields.c: the names of stored fields, and the words in them. */
#include "store/schema/fields.h"

/* clang-format off */
#define NAME_ROW(enumerator, name, ...) [enumerator] = STR_ROW(name),
#define WORD_ROW(enumerator, word) [enumerator] = STR_ROW(word),

const struct str connector_names[CONNECTOR_STORED] = {
#define CONNECTOR_FIELD NAME_ROW
#define CONNECTOR_OWN NAME_ROW
#include "store/schema/fields.def"
};

const struct str sync_job_names[SYNC_JOB_STORED] = {
#define JOB_FIELD NAME_ROW
#define JOB_OWN NAME_ROW
#include "store/schema/fields.def"
};

const struct str report_names[REPORT_FIELDS] = {
#define REPORT_FIELD(enumerator, name) [REPORTS_##enumerator] = STR_ROW(name),
#include "store/schema/fields.def"
};

const struct str event_names[EVENT_FIELDS] = {
#define EVENT_FIELD NAME_ROW
#include "store/schema/fields.def"
};

const struct str event_words[EVENTS] = {
#define EVENT WORD_ROW
#include "store/schema/words.def"
};

const struct str sync_status_words[SYNC_STATUSES] = {
#define SYNC_STATUS NAME_ROW
#include "store/schema/words.def"
};

const struct str sync_job_type_words[SYNC_JOB_TYPES] = {
#define SYNC_JOB_TYPE WORD_ROW
#include "store/schema/words.def"
};

const struct str trigger_method_words[TRIGGER_METHODS] = {
#define TRIGGER_METHOD WORD_ROW
#include "store/schema/words.def"
};

const struct str connector_status_words[CONNECTOR_STATUSES] = {
#define CONNECTOR_STATUS_WORD WORD_ROW
#include "store/schema/words.def"
};

const struct str connector_state_words[CONNECTOR_STATES] = {
#define CONNECTOR_STATE WORD_ROW
#include "store/schema/words.def"
};

#define SECRECY_PLAIN(name)
#define SECRECY_SECRET(name) STR_ROW(name),

static const struct str secrets[] = {
#define CONNECTOR_FIELD(enumerator, name, kind, secrecy, ...) SECRECY_##secrecy(name)
#define JOB_FIELD CONNECTOR_FIELD
#include "store/schema/fields.def"
};

#define FORM_BOOLEAN(name)
#define FORM_CHOICE(name)
#define FORM_INSTANT(name)
#define FORM_LONG(name)
#define FORM_STRING(name)
#define FORM_MAP(name) STR_ROW(name),
#define FORM_OBJECT FORM_MAP
#define FORM_RECORD FORM_MAP
#define FORM_RECORDS FORM_MAP

static const struct str json[] = {
#define CONNECTOR_FIELD(enumerator, name, kind, ...) FORM_##kind(name)
#define JOB_FIELD CONNECTOR_FIELD
#include "store/schema/fields.def"
};
/* clang-format on */

static bool is_among(const struct str *names, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(names[i], name))
            return true;
    return false;
}

bool field_is_secret(struct str name)
{
    return is_among(secrets, sizeof secrets / sizeof secrets[0], name);
}

bool field_is_json(struct str name)
{
    return is_among(json, sizeof json / sizeof json[0], name);
}
