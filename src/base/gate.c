/* SPDX-License-Identifier: Apache-2.0 */
#include "base/gate.h"

#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>

struct chat_gate_t {
    apr_thread_mutex_t *mutex;
    apr_thread_cond_t *freed;
    int places;
};

apr_status_t chat_gate_create(chat_gate_t **out, int places, apr_pool_t *pool)
{
    chat_gate_t *gate = apr_pcalloc(pool, sizeof(*gate));
    apr_status_t rv;
    gate->places = places > 0 ? places : 1;
    rv = apr_thread_mutex_create(&gate->mutex, APR_THREAD_MUTEX_DEFAULT, pool);
    if (rv == APR_SUCCESS)
        rv = apr_thread_cond_create(&gate->freed, pool);
    *out = gate;
    return rv;
}

apr_status_t chat_gate_enter(chat_gate_t *gate, apr_interval_time_t wait)
{
    apr_time_t end = 0;
    apr_status_t rv = APR_SUCCESS;
    apr_thread_mutex_lock(gate->mutex);
    while (gate->places == 0 && rv == APR_SUCCESS) {
        apr_time_t now = apr_time_now();
        if (end == 0)
            end = now + wait;
        rv = now < end ? apr_thread_cond_timedwait(gate->freed, gate->mutex, end - now)
                       : APR_TIMEUP;
    }
    /* a place may have come free together with the time-out */
    if (gate->places > 0) {
        gate->places--;
        rv = APR_SUCCESS;
    }
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
