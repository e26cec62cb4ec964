/* records.h: checks the records of one FastCGI request, in pieces as they come (FastCGI 1.0,
 * section 3). It lets through only the plain form: one request id, its begin, its parameters and
 * its body, each to its end. libfcgi, without this, would answer FCGI_GET_VALUES into a buffer that
 * is too small, take memory for parameters of any announced length, and read the padding of a begin
 * or of the parameters' end as a record. */
#ifndef LASTSYNC_RECORDS_H
#define LASTSYNC_RECORDS_H

#include <stdbool.h>
#include <stddef.h>

enum { RECORD_HEAD = 8 };

struct records {
    unsigned stage; /* which kind of record is due */
    unsigned id;
    unsigned char head[RECORD_HEAD];
    size_t head_count;
    bool last;                /* the current record ends its stage */
    size_t content, padding;  /* bytes of the current record that are still to come */
    unsigned char lengths[8]; /* of a parameter's name and value, as sent */
    size_t length_count;
    size_t parameter; /* bytes of the parameter that are still to come */
};

enum records_state {
    RECORDS_PARTIAL,
    RECORDS_WHOLE,  /* the request has come to its end */
    RECORDS_FOREIGN /* it is not let through */
};

void records_open(struct records *records);

/* Takes the next bytes, up to the request's end. Sets *used to how many it took. */
enum records_state records_read(struct records *records, const unsigned char *bytes, size_t count,
                                size_t *used);

/* Whether all parameters have come. */
bool records_in_body(const struct records *records);

#endif
