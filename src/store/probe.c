/* SPDX-License-Identifier: Apache-2.0 */
/* Thread that looks for a database that was lost, so that no request has to. */
#include "store/probe.h"

#include "base/clock.h"
#include "base/thread.h"
#include "store/breaker.h"
#include "store/db.h"
#include "store/db_pgsql.h"

/* How long an answer may take. */
#define PATIENCE apr_time_from_sec(2)
/* How long the end waits for a thread that connects. */
#define CLOSE_WAIT apr_time_from_sec(1)

struct chat_probe_t {
    chat_probe_task_t task;
    apr_pool_t *pool; /* its own: a thread that is left behind frees it */
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t call;
    int wanted, connects, ends, done, left;
};

/* A pooler may accept a connection to a server that is away. */
static int answers(chat_probe_t *p, const chat_source_t *source)
{
    chat_tx_t tx = {0};
    void *lease;
    apr_status_t rv = source->acquire(&tx.db, &lease, 0, source->baton);
    if (rv != APR_SUCCESS)
        return 0;
    chat_watchdog_arm(p->task.dog, &tx.db->watch, chat_pgsql_socket(tx.db),
                      chat_clock_steady() + PATIENCE);
    rv = chat_tx_begin(&tx);
    if (rv == APR_SUCCESS)
        rv = chat_tx_commit(&tx);
    chat_watchdog_disarm(p->task.dog, &tx.db->watch);
    return rv == APR_SUCCESS;
}

/* Whether the database is back. */
static int attempt(chat_probe_t *p)
{
    apr_pool_t *scratch;
    chat_source_t source;
    const char *why;
    int well;
    apr_pool_create(&scratch, p->pool);
    p->connects = 1;
    pthread_mutex_unlock(&p->mutex);
    well = chat_source_single(&source, p->task.database, &why, scratch) == APR_SUCCESS;
    pthread_mutex_lock(&p->mutex);
    p->connects = 0;
    well = well && !p->ends;
    pthread_mutex_unlock(&p->mutex);
    well = well && answers(p, &source);
    apr_pool_destroy(scratch);
    pthread_mutex_lock(&p->mutex);
    return well && !p->ends;
}

static void *look(void *data)
{
    chat_probe_t *p = data;
    int left;
    pthread_mutex_lock(&p->mutex);
    while (!p->ends) {
        apr_time_t until = chat_clock_steady() + CHAT_BREAKER_PAUSE;
        while (p->wanted && !p->ends && chat_clock_steady() < until)
            chat_thread_wait(&p->call, &p->mutex, until);
        if (!p->wanted && !p->ends)
            pthread_cond_wait(&p->call, &p->mutex);
        else if (!p->ends && attempt(p)) {
            p->wanted = 0;
            p->task.back(p->task.baton);
        }
    }
    p->done = 1;
    left = p->left;
    pthread_cond_signal(&p->call);
    pthread_mutex_unlock(&p->mutex);
    if (left)
        apr_pool_destroy(p->pool);
    return NULL;
}

static apr_status_t end_thread(void *data)
{
    chat_probe_t *p = data;
    apr_time_t until = chat_clock_steady() + CLOSE_WAIT;
    pthread_mutex_lock(&p->mutex);
    p->ends = 1;
    pthread_cond_signal(&p->call);
    while (!p->done && (!p->connects || chat_clock_steady() < until))
        chat_thread_wait(&p->call, &p->mutex, chat_clock_steady() + CHAT_BREAKER_PAUSE);
    p->left = !p->done;
    pthread_mutex_unlock(&p->mutex);
    if (p->left) {
        pthread_detach(p->thread);
        return APR_SUCCESS;
    }
    pthread_join(p->thread, NULL);
    apr_pool_destroy(p->pool);
    return APR_SUCCESS;
}

apr_status_t chat_probe_create(chat_probe_t **out, const chat_probe_task_t *task,
                               apr_pool_t *pool)
{
    apr_pool_t *own;
    chat_probe_t *p;
    apr_status_t rv = apr_pool_create_unmanaged_ex(&own, NULL, NULL);
    if (rv != APR_SUCCESS)
        return rv;
    p = apr_pcalloc(own, sizeof(*p));
    p->task = *task;
    p->pool = own;
    chat_thread_cond(&p->call);
    pthread_mutex_init(&p->mutex, NULL);
    rv = chat_thread_start(&p->thread, look, p);
    if (rv) {
        apr_pool_destroy(own);
        return rv;
    }
    apr_pool_cleanup_register(pool, p, end_thread, apr_pool_cleanup_null);
    *out = p;
    return APR_SUCCESS;
}

void chat_probe_begin(chat_probe_t *p)
{
    pthread_mutex_lock(&p->mutex);
    p->wanted = 1;
    pthread_cond_signal(&p->call);
    pthread_mutex_unlock(&p->mutex);
}
