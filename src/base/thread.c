/* SPDX-License-Identifier: Apache-2.0 */
/* Threads without signals, conditions of a clock that is not set. */
#include "base/thread.h"

#include <signal.h>

int chat_thread_start(pthread_t *out, void *(*run)(void *data), void *data)
{
    sigset_t all, before;
    int rc;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(out, NULL, run, data);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

void chat_thread_cond(pthread_cond_t *out)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(out, &attr);
    pthread_condattr_destroy(&attr);
}

void chat_thread_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, apr_time_t until)
{
    struct timespec time = {apr_time_sec(until), apr_time_usec(until) * 1000};
    pthread_cond_timedwait(cond, mutex, &time);
}
