/* fields.h: the fields of connectors (API, section 2.1) and sync jobs (section 7.1), in the order
 * in which they are printed: how a body may hold each, and how it is stored and printed. */
#ifndef LASTSYNC_FIELDS_H
#define LASTSYNC_FIELDS_H

#include "api/common/body.h"
#include "http/csv.h"
#include "store/schema/fields.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* The API's fields, by enum connector_field and enum sync_job_field. */
extern const struct field connector_fields[CONNECTOR_FIELDS];
extern const struct field sync_job_fields[SYNC_JOB_FIELDS];

/* Their lists as tables, with the fields that fit into a cell and are not secret. */
extern const struct csv_table connector_csv, sync_job_csv;

/* The prefix that the index name of an Elastic-managed ("native") connector must have. */
extern const struct str native_prefix;

extern const struct choices sync_statuses, sync_job_types, trigger_methods;

/* The forms of filtering, for the bodies that hold a part of it. */
extern const struct form advanced_snippet_form, rule_form, validation_form;

#endif
