/* SPDX-License-Identifier: Apache-2.0 */
/* A gate for few threads, with a short queue before it. */
#include "base/gate.h"

#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>

struct chat_gate_t {
    apr_thread_mutex_t *mutex;
    apr_thread_cond_t *freed;
    int places;          /* that are free */
    int size, waiting;   /* of the queue */
    apr_uint64_t *owner; /* of each that waits, in no order */
};

apr_status_t chat_gate_create(chat_gate_t **out, int places, int waiters,
                              apr_pool_t *pool)
{
    chat_gate_t *gate = apr_pcalloc(pool, sizeof(*gate));
    apr_status_t rv;
    gate->places = places > 0 ? places : 1;
    gate->size = waiters > 0 ? waiters : 1;
    gate->owner = apr_pcalloc(pool, sizeof(*gate->owner) * (apr_size_t)gate->size);
    rv = apr_thread_mutex_create(&gate->mutex, APR_THREAD_MUTEX_DEFAULT, pool);
    if (rv == APR_SUCCESS)
        rv = apr_thread_cond_create(&gate->freed, pool);
    *out = gate;
    return rv;
}

static int queue_enter(chat_gate_t *gate, apr_uint64_t owner)
{
    int own = 0;
    if (!owner)
        return 1;
    for (int i = 0; i < gate->waiting; i++)
        own += gate->owner[i] == owner;
    if (gate->waiting == gate->size || own >= (gate->size + 1) / 2)
        return 0;
    gate->owner[gate->waiting++] = owner;
    return 1;
}

static void queue_leave(chat_gate_t *gate, apr_uint64_t owner)
{
    int i = 0;
    if (!owner)
        return;
    while (gate->owner[i] != owner)
        i++;
    gate->owner[i] = gate->owner[--gate->waiting];
}

static apr_status_t wait_for_place(chat_gate_t *gate, apr_interval_time_t wait)
{
    apr_time_t end = apr_time_now() + wait, now;
    apr_status_t rv = APR_SUCCESS;
    while (gate->places == 0 && rv == APR_SUCCESS) {
        now = apr_time_now();
        rv = now < end ? apr_thread_cond_timedwait(gate->freed, gate->mutex, end - now)
                       : APR_TIMEUP;
    }
    /* a place may have come free together with the time-out */
    return gate->places > 0 ? APR_SUCCESS : rv;
}

apr_status_t chat_gate_enter(chat_gate_t *gate, apr_uint64_t owner,
                             apr_interval_time_t wait)
{
    apr_status_t rv = APR_SUCCESS;
    apr_thread_mutex_lock(gate->mutex);
    if (gate->places == 0) {
        rv = queue_enter(gate, owner) ? wait_for_place(gate, wait) : APR_EAGAIN;
        if (rv != APR_EAGAIN)
            queue_leave(gate, owner);
    }
    if (rv == APR_SUCCESS)
        gate->places--;
    apr_thread_mutex_unlock(gate->mutex);
    return rv;
}

void chat_gate_leave(chat_gate_t *gate)
{
    apr_thread_mutex_lock(gate->mutex);
    gate->places++;
    apr_thread_cond_signal(gate->freed);
    apr_thread_mutex_unlock(gate->mutex);
}
