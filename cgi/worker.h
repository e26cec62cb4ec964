/* worker.h: joins the server, the API and the store: one worker's application. */
#ifndef LASTSYNC_WORKER_H
#define LASTSYNC_WORKER_H

#include "config.h"
#include "http/http.h"

/* Opens the application that answers the API from the Redis that the configuration names. */
struct application worker_open(const struct config *config);
void worker_close(struct application *application);

#endif
