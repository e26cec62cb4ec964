/* thread.h: begins threads that no signal reaches: signals are for the thread that began them. */
#ifndef LASTSYNC_THREAD_H
#define LASTSYNC_THREAD_H

#include <pthread.h>

/* Runs run(context) in a thread of its own. Gives 0, or an errno. */
int thread_begin(pthread_t *thread, void *(*run)(void *context), void *context);

#endif
