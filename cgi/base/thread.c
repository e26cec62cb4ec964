/* thread.c: threads without signals. */
#include "base/thread.h"

#include <signal.h>

int thread_begin(pthread_t *thread, void *(*run)(void *context), void *context)
{
    sigset_t all, before;
    int fault;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    fault = pthread_create(thread, NULL, run, context);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return fault;
}
