#include "httpd/limits.h"

#include <apr_global_mutex.h>
#include <apr_shm.h>

#include <http_config.h>
#include <util_mutex.h>

#define RETAINED "mod_chat-limits-2"
#define ENTRIES 16384

/* Lives in the process pool. A new build of the module may be loaded over it by a
 * restart: the number in RETAINED goes up with every change of this struct or of the
 * table. */
typedef struct retained_t {
    apr_shm_t *shm;
    apr_size_t size;
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

apr_status_t chat_limits_share(chat_shared_limits_t **out, const char **why,
                               server_rec *main, apr_pool_t *pconf)
{
    chat_shared_limits_t *shared = apr_pcalloc(pconf, sizeof(*shared));
    chat_limits_lock_t guard = {lock, unlock, shared};
    apr_pool_t *process = main->process->pool;
    apr_size_t size = chat_limits_size(ENTRIES);
    retained_t *kept = ap_retained_data_get(RETAINED);
    int fresh = 0;
    apr_status_t rv;

    if (!kept)
        kept = ap_retained_data_create(RETAINED, sizeof(*kept));
    if (!kept->mutex) {
        *why = "the mutex " CHAT_LIMIT_MUTEX " cannot be made";
        rv = ap_global_mutex_create(&kept->mutex, &kept->lock_file, CHAT_LIMIT_MUTEX,
                                    NULL, main, process, 0);
        if (rv != APR_SUCCESS)
            return rv;
    }
    if (!kept->shm || kept->size != size) {
        *why = "shared memory for the limits cannot be made";
        rv = apr_shm_create(&kept->shm, size, NULL, process);
        if (rv != APR_SUCCESS)
            return rv;
        kept->size = size;
        fresh = 1;
    }
    shared->retained = kept;
    shared->table =
        chat_limits_create(apr_shm_baseaddr_get(kept->shm), size, fresh, &guard, pconf);
    *out = shared;
    return APR_SUCCESS;
}

apr_status_t chat_limits_child(chat_shared_limits_t *shared, apr_pool_t *pchild)
{
    return apr_global_mutex_child_init(&shared->retained->mutex,
                                       shared->retained->lock_file, pchild);
}

chat_limits_t *chat_limits_table(chat_shared_limits_t *shared)
{
    return shared->table;
}
