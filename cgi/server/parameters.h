/* parameters.h: the parameters with which a web server passes a request, by CGI and FastCGI
 * alike. */
#ifndef LASTSYNC_PARAMETERS_H
#define LASTSYNC_PARAMETERS_H

#include "http/http.h"

/* The parameters of which a request is made, as they were passed. Absent: not passed. */
struct parameters {
    struct str method, target, length, content_type, id;
    struct str script, path, query; /* with CGI: the target is made of these if it is absent */
};

/* Reads "NAME=value" texts, up to a NULL, into the request and the parameters, which live as long
 * as the texts. */
void parameters_read(char *const *texts, struct request *request, struct parameters *parameters);

#endif
