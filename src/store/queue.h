/* SPDX-License-Identifier: Apache-2.0
 * queue.h - units of work that the threads of a process have done together. Private to
 * the store.
 *
 * One of the threads that wait leads: it takes what waits as a group, runs it and answers
 * the others, each with a semaphore of its own. Before it answers it passes the lead on.
 */
#ifndef CHAT_STORE_QUEUE_H
#define CHAT_STORE_QUEUE_H

#include "store/store.h"

#include <pthread.h>
#include <semaphore.h>

typedef enum chat_job_state_t {
    CHAT_JOB_WAITS,
    CHAT_JOB_TAKEN,
    CHAT_JOB_LEADS
} chat_job_state_t;

/* On the stack of the thread that waits. */
typedef struct chat_job_t {
    chat_work_fn work;
    void *baton;
    apr_time_t since; /* PostgreSQL: when its time began, of chat_clock_steady */
    apr_status_t rv;
    chat_job_state_t state;
    sem_t told; /* posted when the job is to lead, or another has done it */
    struct chat_job_t *next;
} chat_job_t;

typedef struct chat_queue_t {
    pthread_mutex_t mutex;
    chat_job_t *head, **tail;
    int has_leader;
} chat_queue_t;

/* Q lives as long as POOL. */
void chat_queue_init(chat_queue_t *q, apr_pool_t *pool);

/* Queues JOB and returns when it leads, 1, or when it was done by another, 0; then its
 * result is in rv: CHAT_BUSY when no leader took it within PATIENCE. */
int chat_queue_join(chat_queue_t *q, chat_job_t *job, apr_interval_time_t patience);
/* Returns the result of JOB, which is not used any more. */
apr_status_t chat_job_end(chat_job_t *job);

/* For the leader: what waits, its own job first; then the next one leads. */
chat_job_t *chat_queue_take(chat_queue_t *q);
void chat_queue_pass(chat_queue_t *q);
int chat_job_count(const chat_job_t *list);
/* Sets the results of LIST; of those that succeeded. */
void chat_job_fail_all(chat_job_t *list, apr_status_t rv);
void chat_job_fail_done(chat_job_t *list, apr_status_t rv);
/* Hands out the results to all of LIST but the first, the leader. None of them may be
 * touched after that. */
void chat_job_answer(chat_job_t *list);

#endif
