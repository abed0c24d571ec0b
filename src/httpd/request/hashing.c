/* SPDX-License-Identifier: Apache-2.0 */
/* Places for password hashes, in a child and in all children. */
#include "httpd/request/hashing.h"

#include "base/bounds.h"
#include "base/gate.h"
#include "base/status.h"
#include "httpd/log.h"

#include <ap_mpm.h>
#include <apr_global_mutex.h>
#include <unistd.h>
#include <util_mutex.h>

/* Between two looks at a place that another child has. */
#define LOOK_AGAIN apr_time_from_msec(5)
/* Some who come at once are no raid: a wait from which on pauses are made, which lengthen
 * it. */
#define LONG_WAIT apr_time_from_msec(250)
#define LONGEST_REST apr_time_from_sec(1)

struct chat_hashing_t {
    server_rec *main;
    chat_metrics_t *metrics;
    apr_global_mutex_t *mutex; /* who has it hashes for a new account; or NULL */
    const char *lock_file;
    chat_gate_t *gate[2]; /* of the child: for known accounts, for new ones; or NULL */
    /* who has the place for new accounts: when its hash began, and whether it waited long
     */
    apr_time_t began;
    int crowded;
};

static void do_without_mutex(chat_hashing_t *h, apr_status_t rv)
{
    chat_log_t log;
    h->mutex = NULL;
    chat_log_server(&log, h->main);
    chat_log(&log, CHAT_LOG_WARNING, 1110, rv,
             "the mutex " CHAT_HASH_MUTEX " cannot be used: each process hashes "
             "passwords of new accounts by itself");
}

/* A semaphore of POSIX stays taken when a process is killed that has it. */
void chat_hashing_prepare(chat_hashing_t **out, server_rec *main, chat_metrics_t *metrics,
                          apr_pool_t *pconf)
{
    chat_hashing_t *h = apr_pcalloc(pconf, sizeof(*h));
    apr_status_t rv = ap_global_mutex_create(&h->mutex, &h->lock_file, CHAT_HASH_MUTEX,
                                             NULL, main, pconf, 0);
    h->main = main;
    h->metrics = metrics;
    if (rv == APR_SUCCESS && apr_global_mutex_mech(h->mutex) == APR_LOCK_POSIXSEM)
        rv = APR_EINVAL;
    if (rv != APR_SUCCESS)
        do_without_mutex(h, rv);
    *out = h;
}

void chat_hashing_child(chat_hashing_t *h, apr_pool_t *pchild)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int threads = 1;
    apr_status_t rv = APR_SUCCESS;
    ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    /* who waits for a hash holds a thread that could serve a file */
    threads /= CHAT_HASH_WAITERS_PART;
    if (chat_gate_create(&h->gate[0], (int)processors, threads, pchild) != APR_SUCCESS)
        h->gate[0] = NULL;
    if (chat_gate_create(&h->gate[1], 1, threads, pchild) != APR_SUCCESS)
        h->gate[1] = NULL;
    if (h->mutex)
        rv = apr_global_mutex_child_init(&h->mutex, h->lock_file, pchild);
    if (rv != APR_SUCCESS)
        do_without_mutex(h, rv);
}

/* No mutex of every kind can be waited for with an end. */
static apr_status_t mutex_enter(apr_global_mutex_t *mutex, apr_interval_time_t wait)
{
    apr_time_t end = apr_time_now() + wait;
    apr_status_t rv;
    while (APR_STATUS_IS_EBUSY(rv = apr_global_mutex_trylock(mutex)) &&
           apr_time_now() < end)
        apr_sleep(LOOK_AGAIN);
    return rv;
}

static apr_status_t enter(chat_hashing_t *h, int young, apr_uint64_t owner)
{
    chat_gate_t *gate = h->gate[young];
    apr_interval_time_t wait =
        apr_time_from_sec(young ? CHAT_HASH_NEW_WAIT_SECONDS : CHAT_HASH_WAIT_SECONDS);
    if (gate && chat_gate_enter(gate, owner, wait) != APR_SUCCESS)
        return CHAT_BUSY;
    if (!young || !h->mutex || mutex_enter(h->mutex, wait) == APR_SUCCESS)
        return APR_SUCCESS;
    if (gate)
        chat_gate_leave(gate);
    return CHAT_BUSY;
}

apr_status_t chat_hashing_enter(void *baton, int young, apr_uint64_t owner)
{
    chat_hashing_t *h = baton;
    apr_time_t began = apr_time_now();
    apr_status_t rv = enter(h, young, owner);
    apr_time_t now = apr_time_now();
    CHAT_OBSERVE(h->metrics, password_wait, TIME, 0, now - began);
    if (young && rv == APR_SUCCESS) {
        h->began = now;
        h->crowded = now - began >= LONG_WAIT;
    }
    if (rv != APR_SUCCESS)
        CHAT_COUNT(h->metrics, shed, CHAT_SHED_PASSWORDS);
    return rv;
}

/* Where new accounts wait long for each other, their hashes use a part of one processor.
 */
static void rest(const chat_hashing_t *h)
{
    apr_interval_time_t pause = CHAT_HASH_REST * (apr_time_now() - h->began);
    if (h->crowded && pause > 0)
        apr_sleep(pause < LONGEST_REST ? pause : LONGEST_REST);
}

void chat_hashing_leave(void *baton, int young)
{
    chat_hashing_t *h = baton;
    if (young)
        rest(h);
    if (young && h->mutex)
        apr_global_mutex_unlock(h->mutex);
    if (h->gate[young])
        chat_gate_leave(h->gate[young]);
}
