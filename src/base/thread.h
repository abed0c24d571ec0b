/* SPDX-License-Identifier: Apache-2.0
 * thread.h - threads beside those of the program.
 */
#ifndef CHAT_BASE_THREAD_H
#define CHAT_BASE_THREAD_H

#include <apr_time.h>
#include <pthread.h>

/* Starts a thread that gets no signal: those are for the program's own. 0, or an error
 * number. */
int chat_thread_start(pthread_t *out, void *(*run)(void *data), void *data);

/* A condition for chat_thread_wait. */
void chat_thread_cond(pthread_cond_t *out);
/* Waits until it is signalled, or until a time of chat_clock_steady. */
void chat_thread_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, apr_time_t until);

#endif
