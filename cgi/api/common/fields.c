/* fields.c: the fields of connectors and sync jobs, and the forms of the objects among them. */
#include "api/common/fields.h"

/* clang-format off */

#define CHOICES(name, error_name, ...)                                                             \
    static const struct str name##_words[] = { __VA_ARGS__ };                                      \
    static const struct choices name = { STR_ROW(error_name), name##_words, COUNT_OF(name##_words) }

#define FORM(parser_name, rows) { STR_ROW(parser_name), rows, COUNT_OF(rows), .lenient = true }

CHOICES(display_types, "ConfigurationDisplayType",
    STR_ROW("text"), STR_ROW("textbox"), STR_ROW("textarea"), STR_ROW("numeric"), STR_ROW("toggle"),
    STR_ROW("dropdown"));
CHOICES(field_types, "ConfigurationFieldType",
    STR_ROW("str"), STR_ROW("int"), STR_ROW("list"), STR_ROW("bool"));
CHOICES(validation_types, "ConfigurationValidationType",
    STR_ROW("less_than"), STR_ROW("greater_than"), STR_ROW("list_type"), STR_ROW("included_in"),
    STR_ROW("regex"));
CHOICES(policies, "FilteringPolicy", STR_ROW("exclude"), STR_ROW("include"));
CHOICES(validation_states, "FilteringValidationState",
    STR_ROW("edited"), STR_ROW("invalid"), STR_ROW("valid"));

static const struct str condition_words[] = {
    STR_ROW("contains"), STR_ROW("ends_with"), STR_ROW("equals"), STR_ROW(">"), STR_ROW("<"),
    STR_ROW("regex"), STR_ROW("starts_with"),
};
static const struct choices conditions = {
    STR_ROW("FilteringRuleCondition"), condition_words, COUNT_OF(condition_words), .exact = true
};

static const struct choices connector_statuses = {
    STR_ROW("ConnectorStatus"), connector_status_words, CONNECTOR_STATUSES
};
const struct choices sync_statuses = {
    STR_ROW("ConnectorSyncStatus"), sync_status_words, SYNC_STATUSES
};
const struct choices sync_job_types = {
    STR_ROW("ConnectorSyncJobType"), sync_job_type_words, SYNC_JOB_TYPES
};
const struct choices trigger_methods = {
    STR_ROW("ConnectorSyncJobTriggerMethod"), trigger_method_words, TRIGGER_METHODS
};

const struct str native_prefix = STR_ROW("content-");

/* ---- features ---- */

static const struct field enabled = { STR_ROW("enabled"), BOOLEAN };
static const struct member switch_members[] = { { &enabled, REQUIRED } };
static const struct form switch_form = FORM("feature_enabled", switch_members);

static const struct field advanced = { STR_ROW("advanced"), RECORD, .form = &switch_form };
static const struct field basic    = { STR_ROW("basic"),    RECORD, .form = &switch_form };
static const struct member sync_rules_members[] = { { &advanced }, { &basic } };
static const struct form sync_rules_form = FORM("sync_rules_features", sync_rules_members);

static const struct field document_level_security   = { STR_ROW("document_level_security"),   RECORD, .form = &switch_form };
static const struct field incremental_sync          = { STR_ROW("incremental_sync"),          RECORD, .form = &switch_form };
static const struct field native_connector_api_keys = { STR_ROW("native_connector_api_keys"), RECORD, .form = &switch_form };
static const struct field sync_rules                = { STR_ROW("sync_rules"),                RECORD, .form = &sync_rules_form };
static const struct member features_members[] = {
    { &document_level_security }, { &incremental_sync }, { &native_connector_api_keys }, { &sync_rules },
};
static const struct form features_form = FORM("connector_features", features_members);

/* ---- scheduling ---- */

static const struct field interval = { STR_ROW("interval"), SCHEDULE };
static const struct member schedule_members[] = { { &enabled, REQUIRED }, { &interval, REQUIRED } };
static const struct form schedule_form = FORM("schedule_config", schedule_members);

static const struct field access_control = { STR_ROW("access_control"), RECORD, .form = &schedule_form };
static const struct field full           = { STR_ROW("full"),           RECORD, .form = &schedule_form };
static const struct field incremental    = { STR_ROW("incremental"),    RECORD, .form = &schedule_form };
static const struct member scheduling_members[] = { { &access_control }, { &full }, { &incremental } };
static const struct form scheduling_form = FORM("connector_scheduling", scheduling_members);

/* ---- pipeline ---- */

static const struct field extract_binary_content = { STR_ROW("extract_binary_content"), BOOLEAN };
static const struct field pipeline_name          = { STR_ROW("name"),                   STRING };
static const struct field reduce_whitespace      = { STR_ROW("reduce_whitespace"),      BOOLEAN };
static const struct field run_ml_inference       = { STR_ROW("run_ml_inference"),       BOOLEAN };
static const struct member pipeline_members[] = {
    { &extract_binary_content, REQUIRED }, { &pipeline_name, REQUIRED },
    { &reduce_whitespace, REQUIRED }, { &run_ml_inference, REQUIRED },
};
static const struct form pipeline_form = FORM("connector_ingest_pipeline", pipeline_members);

/* ---- configuration: a record for each name ---- */

static const struct field depends_on_field = { STR_ROW("field"), STRING };
static const struct field scalar_value     = { STR_ROW("value"), SCALAR };
static const struct member dependency_members[] = {
    { &depends_on_field, REQUIRED }, { &scalar_value, REQUIRED | NULLABLE },
};
static const struct form dependency_form = FORM("configuration_dependency", dependency_members);

static const struct field label = { STR_ROW("label"), STRING };
static const struct member option_members[] = { { &label, REQUIRED }, { &scalar_value, REQUIRED } };
static const struct form option_form = FORM("configuration_select_option", option_members);

static const struct field constraint      = { STR_ROW("constraint"), ANY };
static const struct field validation_type = { STR_ROW("type"),       CHOICE, &validation_types };
static const struct member constraint_members[] = {
    { &constraint, REQUIRED }, { &validation_type, REQUIRED },
};
static const struct form constraint_form = FORM("configuration_validation", constraint_members);

static const struct field category        = { STR_ROW("category"),        STRING };
static const struct field default_value   = { STR_ROW("default_value"),   SCALAR };
static const struct field depends_on      = { STR_ROW("depends_on"),      RECORDS, .form = &dependency_form };
static const struct field display         = { STR_ROW("display"),         CHOICE, &display_types };
static const struct field options         = { STR_ROW("options"),         RECORDS, .form = &option_form };
static const struct field order           = { STR_ROW("order"),           INTEGER };
static const struct field placeholder     = { STR_ROW("placeholder"),     STRING };
static const struct field is_required     = { STR_ROW("required"),        BOOLEAN };
static const struct field is_sensitive    = { STR_ROW("sensitive"),       BOOLEAN };
static const struct field tooltip         = { STR_ROW("tooltip"),         STRING };
static const struct field field_type      = { STR_ROW("type"),            CHOICE, &field_types };
static const struct field ui_restrictions = { STR_ROW("ui_restrictions"), STRINGS };
static const struct field validations     = { STR_ROW("validations"),     RECORDS, .form = &constraint_form };
static const struct field value           = { STR_ROW("value"),           SCALAR_OR_OBJECT };
static const struct member configuration_members[] = {
    { &category,        IGNORE_NULL },
    { &default_value,   NULLABLE,    "null" },
    { &depends_on,      IGNORE_NULL },
    { &display,         IGNORE_NULL },
    { &label,           REQUIRED },
    { &options,         IGNORE_NULL },
    { &order,           IGNORE_NULL },
    { &placeholder,     IGNORE_NULL },
    { &is_required,     IGNORE_NULL, "false" },
    { &is_sensitive,    IGNORE_NULL, "false" },
    { &tooltip,         IGNORE_NULL },
    { &field_type,      IGNORE_NULL },
    { &ui_restrictions, IGNORE_NULL },
    { &validations,     IGNORE_NULL },
    { &value,           NULLABLE,    "null" },
};
static const struct form configuration_form = FORM("connector_configuration", configuration_members);

/* ---- filtering ---- */

static const struct field created_at    = { STR_ROW("created_at"), INSTANT };
static const struct field updated_at    = { STR_ROW("updated_at"), INSTANT };
static const struct field snippet_value = { STR_ROW("value"),      OBJECT_OR_LIST };
static const struct member advanced_snippet_members[] = {
    { &created_at, IGNORE_NULL, FALLBACK_NOW },
    { &updated_at, IGNORE_NULL, FALLBACK_NOW },
    { &snippet_value, REQUIRED },
};
const struct form advanced_snippet_form = FORM("connector_filtering_advanced_snippet", advanced_snippet_members);

static const struct field rule_field = { STR_ROW("field"),  STRING };
static const struct field rule_id    = { STR_ROW("id"),     STRING };
static const struct field policy     = { STR_ROW("policy"), CHOICE, &policies };
static const struct field condition  = { STR_ROW("rule"),   CHOICE, &conditions };
static const struct field rule_value = { STR_ROW("value"),  STRING };
static const struct member rule_members[] = {
    { &created_at, IGNORE_NULL, FALLBACK_NOW },
    { &rule_field, REQUIRED }, { &rule_id, REQUIRED }, { &order, REQUIRED }, { &policy, REQUIRED },
    { &condition, REQUIRED },
    { &updated_at, IGNORE_NULL, FALLBACK_NOW },
    { &rule_value, REQUIRED },
};
const struct form rule_form = FORM("connector_filtering_rule", rule_members);

static const struct field ids      = { STR_ROW("ids"),      STRINGS };
static const struct field messages = { STR_ROW("messages"), STRINGS };
static const struct member validation_error_members[] = { { &ids, REQUIRED }, { &messages, REQUIRED } };
static const struct form validation_error_form = FORM("connector_filtering_validation_error", validation_error_members);

static const struct field errors = { STR_ROW("errors"), RECORDS, .form = &validation_error_form };
static const struct field state  = { STR_ROW("state"),  CHOICE, &validation_states };
static const struct member validation_members[] = { { &errors, REQUIRED }, { &state, REQUIRED } };
const struct form validation_form = FORM("connector_filtering_validation", validation_members);

static const struct field snippet    = { STR_ROW("advanced_snippet"), RECORD,  .form = &advanced_snippet_form };
static const struct field rules      = { STR_ROW("rules"),            RECORDS, .form = &rule_form };
static const struct field validation = { STR_ROW("validation"),       RECORD,  .form = &validation_form };
static const struct member rule_set_members[] = {
    { &snippet, REQUIRED }, { &rules, REQUIRED }, { &validation, REQUIRED },
};
static const struct form rule_set_form = FORM("connector_filtering_rules", rule_set_members);

static const struct field active = { STR_ROW("active"), RECORD, .form = &rule_set_form };
static const struct field domain = { STR_ROW("domain"), FIXED };
static const struct field draft  = { STR_ROW("draft"),  RECORD, .form = &rule_set_form };
static const struct member filtering_members[] = {
    { &active, REQUIRED }, { &domain, 0, "\"DEFAULT\"" }, { &draft, REQUIRED },
};
static const struct form filtering_form = FORM("connector_filtering", filtering_members);

/* ---- the fields ---- */

#define OR(json) , .when_absent = STR_ROW(json)
#define FIELD_ROW(enumerator, name, kind, secrecy, details, unit) [enumerator] = { STR_ROW(name), kind, details },

const struct field connector_fields[] = {
#define CONNECTOR_FIELD FIELD_ROW
#include "store/schema/fields.def"
};

const struct field sync_job_fields[] = {
#define JOB_FIELD FIELD_ROW
#include "store/schema/fields.def"
};

/* ---- the columns of their lists ---- */

#define CELL_STRING_PLAIN(name)  STR_ROW(name),
#define CELL_CHOICE_PLAIN(name)  STR_ROW(name),
#define CELL_INSTANT_PLAIN(name) STR_ROW(name),
#define CELL_BOOLEAN_PLAIN(name) STR_ROW(name),
#define CELL_LONG_PLAIN(name)    STR_ROW(name),
#define CELL_OBJECT_PLAIN(name)
#define CELL_RECORD_PLAIN(name)
#define CELL_RECORDS_PLAIN(name)
#define CELL_STRING_SECRET(name)
#define CELL_OBJECT_SECRET(name)
#define CELL_MAP_SECRET(name)
#define CELL(enumerator, name, kind, secrecy, details, unit) CELL_##kind##_##secrecy(name)

static const struct str connector_cells[] = {
    STR_ROW("id"),
#define CONNECTOR_FIELD CELL
#include "store/schema/fields.def"
};

static const struct str sync_job_cells[] = {
    STR_ROW("id"), STR_ROW("connector.id"),
#define JOB_FIELD CELL
#include "store/schema/fields.def"
};

const struct csv_table connector_csv = { STR_ROW("results"), connector_cells, COUNT_OF(connector_cells) };
const struct csv_table sync_job_csv = { STR_ROW("results"), sync_job_cells, COUNT_OF(sync_job_cells) };
/* clang-format on */

_Static_assert(sizeof connector_fields / sizeof connector_fields[0] == CONNECTOR_FIELDS &&
                   sizeof sync_job_fields / sizeof sync_job_fields[0] == SYNC_JOB_FIELDS,
               "the last fields of the API are those that fields.h names");
