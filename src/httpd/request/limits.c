/* SPDX-License-Identifier: Apache-2.0 */
/* Rate limits in memory that httpd's children share. */
#include "httpd/request/limits.h"

#include "base/crypt.h"

#include <httpd.h>
#include <apr_global_mutex.h>
#include <apr_shm.h>
#include <apr_thread_mutex.h>
#include <http_config.h>
#include <util_mutex.h>

#define RETAINED "mod_chat-limits-3"
#define ENTRIES 16384

/* Lives in the process pool. A new build of the module may be loaded over it by a
 * restart: the number in RETAINED goes up with every change of this struct or of the
 * table. */
typedef struct retained_t {
    apr_shm_t *shm;
    apr_size_t size;
    apr_int64_t node;
    apr_global_mutex_t *mutex;
    const char *lock_file;
} retained_t;

struct chat_shared_limits_t {
    retained_t *retained;
    chat_limits_t *table;
};

static void lock(void *baton)
{
    chat_shared_limits_t *shared = baton;
    apr_global_mutex_lock(shared->retained->mutex);
}

static void unlock(void *baton)
{
    chat_shared_limits_t *shared = baton;
    apr_global_mutex_unlock(shared->retained->mutex);
}

static void lock_own(void *baton)
{
    apr_thread_mutex_lock(baton);
}

static void unlock_own(void *baton)
{
    apr_thread_mutex_unlock(baton);
}

static apr_status_t mutex_prepare(retained_t *kept, const char **why, server_rec *main)
{
    apr_status_t rv;
    if (kept->mutex)
        return APR_SUCCESS;
    *why = "the mutex " CHAT_LIMIT_MUTEX " cannot be created";
    rv = ap_global_mutex_create(&kept->mutex, &kept->lock_file, CHAT_LIMIT_MUTEX, NULL,
                                main, main->process->pool, 0);
    if (rv != APR_SUCCESS)
        return rv;
    if (apr_global_mutex_mech(kept->mutex) == APR_LOCK_POSIXSEM) {
        *why =
            "the mutex " CHAT_LIMIT_MUTEX " must not be of the type posixsem: a process "
            "that is killed would leave it locked forever";
        apr_global_mutex_destroy(kept->mutex);
        kept->mutex = NULL;
        return APR_EINVAL;
    }
    return APR_SUCCESS;
}

static apr_status_t memory_prepare(retained_t *kept, int *fresh, const char **why,
                                   server_rec *main)
{
    apr_size_t size = chat_limits_size(ENTRIES);
    apr_status_t rv;
    *fresh = 0;
    if (kept->shm && kept->size == size)
        return APR_SUCCESS;
    *why = "shared memory for the limits cannot be created";
    rv = apr_shm_create(&kept->shm, size, NULL, main->process->pool);
    if (rv != APR_SUCCESS)
        return rv;
    kept->size = size;
    chat_random_bytes(&kept->node, sizeof(kept->node));
    *fresh = 1;
    return APR_SUCCESS;
}

apr_status_t chat_limits_share(chat_shared_limits_t **out, const char **why,
                               server_rec *main, apr_pool_t *pconf)
{
    chat_shared_limits_t *shared = apr_pcalloc(pconf, sizeof(*shared));
    chat_limits_lock_t guard = {lock, unlock, shared};
    retained_t *kept = ap_retained_data_get(RETAINED);
    int fresh;
    apr_status_t rv;
    if (!kept)
        kept = ap_retained_data_create(RETAINED, sizeof(*kept));
    rv = mutex_prepare(kept, why, main);
    if (rv == APR_SUCCESS)
        rv = memory_prepare(kept, &fresh, why, main);
    if (rv != APR_SUCCESS)
        return rv;
    shared->retained = kept;
    shared->table = chat_limits_create(apr_shm_baseaddr_get(kept->shm), kept->size, fresh,
                                       &guard, pconf);
    *out = shared;
    return APR_SUCCESS;
}

/* The table of a child that has lost the shared one: every limit still applies, for it
 * alone. */
static void separate(chat_shared_limits_t *shared, apr_pool_t *pchild)
{
    chat_limits_lock_t guard = {lock_own, unlock_own, NULL};
    apr_size_t size = chat_limits_size(ENTRIES);
    apr_thread_mutex_t *mutex;
    shared->table = NULL;
    if (apr_thread_mutex_create(&mutex, APR_THREAD_MUTEX_DEFAULT, pchild) != APR_SUCCESS)
        return;
    guard.baton = mutex;
    shared->table = chat_limits_create(apr_palloc(pchild, size), size, 1, &guard, pchild);
}

apr_status_t chat_limits_child(chat_shared_limits_t *shared, apr_pool_t *pchild)
{
    apr_status_t rv = apr_global_mutex_child_init(&shared->retained->mutex,
                                                  shared->retained->lock_file, pchild);
    if (rv != APR_SUCCESS)
        separate(shared, pchild);
    return rv;
}

apr_int64_t chat_limits_node(const chat_shared_limits_t *shared)
{
    return shared->retained->node;
}

chat_limits_t *chat_limits_table(chat_shared_limits_t *shared)
{
    return shared->table;
}
