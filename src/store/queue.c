/* SPDX-License-Identifier: Apache-2.0 */
/* Leader and followers of one process. */
#include "store/queue.h"

#include "base/clock.h"

#include <errno.h>
#include <time.h>

/* Bounds the time that the first of a group waits for the last. */
#define GROUP_MAX 128

static apr_status_t destroy(void *data)
{
    chat_queue_t *q = data;
    pthread_mutex_destroy(&q->mutex);
    return APR_SUCCESS;
}

void chat_queue_init(chat_queue_t *q, apr_pool_t *pool)
{
    q->head = NULL;
    q->tail = &q->head;
    q->has_leader = 0;
    pthread_mutex_init(&q->mutex, NULL);
    apr_pool_cleanup_register(pool, q, destroy, apr_pool_cleanup_null);
}

/* Whether the job was woken in time. The clock of semaphores may be set meanwhile, so
 * another one decides. */
static int wait_told(chat_job_t *job, apr_interval_time_t patience)
{
    apr_time_t until = chat_clock_steady() + patience;
    for (;;) {
        apr_time_t end = apr_time_now() + patience;
        struct timespec time = {apr_time_sec(end), apr_time_usec(end) * 1000};
        if (sem_timedwait(&job->told, &time) == 0)
            return 1;
        if (errno == ETIMEDOUT && chat_clock_steady() >= until)
            return 0;
    }
}

static void leave(chat_queue_t *q, chat_job_t *job)
{
    chat_job_t **link = &q->head;
    while (*link != job)
        link = &(*link)->next;
    *link = job->next;
    if (!*link)
        q->tail = link;
}

/* Waits until the job leads or is done; one that no leader takes gives up. */
static void await(chat_queue_t *q, chat_job_t *job, apr_interval_time_t patience)
{
    int waits;
    if (wait_told(job, patience))
        return;
    pthread_mutex_lock(&q->mutex);
    waits = job->state == CHAT_JOB_WAITS;
    if (waits) {
        leave(q, job);
        job->rv = CHAT_BUSY;
    }
    pthread_mutex_unlock(&q->mutex);
    while (!waits && sem_wait(&job->told) != 0)
        ;
}

int chat_queue_join(chat_queue_t *q, chat_job_t *job, apr_interval_time_t patience)
{
    int first;
    job->state = CHAT_JOB_WAITS;
    job->next = NULL;
    sem_init(&job->told, 0, 0);
    pthread_mutex_lock(&q->mutex);
    *q->tail = job;
    q->tail = &job->next;
    first = !q->has_leader;
    if (first) {
        q->has_leader = 1;
        job->state = CHAT_JOB_LEADS;
    }
    pthread_mutex_unlock(&q->mutex);
    if (!first)
        await(q, job, patience);
    return job->state == CHAT_JOB_LEADS;
}

apr_status_t chat_job_end(chat_job_t *job)
{
    sem_destroy(&job->told);
    return job->rv;
}

chat_job_t *chat_queue_take(chat_queue_t *q)
{
    chat_job_t *list, *job;
    int n = 0;
    pthread_mutex_lock(&q->mutex);
    list = q->head;
    for (job = list; job; job = job->next) {
        job->state = CHAT_JOB_TAKEN;
        if (++n == GROUP_MAX)
            break;
    }
    if (job) {
        q->head = job->next;
        job->next = NULL;
    }
    else {
        q->head = NULL;
    }
    if (!q->head)
        q->tail = &q->head;
    pthread_mutex_unlock(&q->mutex);
    return list;
}

void chat_queue_pass(chat_queue_t *q)
{
    pthread_mutex_lock(&q->mutex);
    if (q->head) {
        q->head->state = CHAT_JOB_LEADS;
        sem_post(&q->head->told);
    }
    else {
        q->has_leader = 0;
    }
    pthread_mutex_unlock(&q->mutex);
}

int chat_job_count(const chat_job_t *list)
{
    int n = 0;
    for (; list; list = list->next)
        n++;
    return n;
}

void chat_job_fail_all(chat_job_t *list, apr_status_t rv)
{
    for (chat_job_t *job = list; job; job = job->next)
        job->rv = rv;
}

/* Refused jobs stay refused. */
void chat_job_fail_done(chat_job_t *list, apr_status_t rv)
{
    for (chat_job_t *job = list; job; job = job->next)
        job->rv = job->rv == APR_SUCCESS ? rv : job->rv;
}

void chat_job_answer(chat_job_t *list)
{
    for (chat_job_t *job = list->next, *next; job; job = next) {
        next = job->next;
        sem_post(&job->told);
    }
}
