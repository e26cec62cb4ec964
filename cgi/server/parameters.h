/* parameters.h: the parameters by which a web server tells what the request is, as CGI and FastCGI
 * have them in common. */
#ifndef LASTSYNC_PARAMETERS_H
#define LASTSYNC_PARAMETERS_H

#include "http/http.h"

/* The parameters that the request itself does not keep. Absent: it was not passed. */
struct parameters {
    struct str method, target, length, content_type, id;
    struct str script, path, query; /* of CGI: what the target is made of, where it is absent */
};

/* Takes what "NAME=value" texts say, up to a NULL, into the request and the parameters: they live
 * as long as the texts. */
void parameters_read(char *const *texts, struct request *request, struct parameters *parameters);

#endif
