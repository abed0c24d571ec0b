/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/database.h"

#include <httpd.h>
#include <ap_mpm.h>
#include <apr_thread_mutex.h>

#define SLOT_WAIT apr_time_from_sec(2)
#define SLOTS_MAX 256
/* How long a database that could not be reached is left alone. */
#define REST apr_time_from_sec(1)

/* A connection on loan, or the place for one. */
typedef struct slot_t {
    ap_dbd_t *dbd;
    apr_pool_t *pool; /* of what mod_dbd allocates while it opens or checks one */
    struct slot_t *next;
} slot_t;

struct chat_slots_t {
    chat_gate_t *gate;
    apr_thread_mutex_t *mutex; /* guards what follows */
    slot_t *idle;
    apr_time_t rests_until; /* 0: the last attempt to open a connection succeeded */
};

static slot_t *slot_take(chat_slots_t *slots)
{
    slot_t *slot;
    apr_thread_mutex_lock(slots->mutex);
    slot = slots->idle;
    slots->idle = slot->next;
    apr_thread_mutex_unlock(slots->mutex);
    return slot;
}

static void slot_give(chat_slots_t *slots, slot_t *slot)
{
    apr_pool_clear(slot->pool);
    apr_thread_mutex_lock(slots->mutex);
    slot->next = slots->idle;
    slots->idle = slot;
    apr_thread_mutex_unlock(slots->mutex);
    chat_gate_leave(slots->gate);
}

/* Connecting to a database that is down takes its time-outs: not every request is to wait
 * for them, and not every one is to be logged. */
static int resting(chat_slots_t *slots)
{
    int rests;
    apr_thread_mutex_lock(slots->mutex);
    rests = slots->rests_until && apr_time_now() < slots->rests_until;
    apr_thread_mutex_unlock(slots->mutex);
    return rests;
}

static void opened(chat_site_database_t *database, int success)
{
    chat_slots_t *slots = database->slots;
    int rested;
    apr_thread_mutex_lock(slots->mutex);
    rested = slots->rests_until != 0;
    slots->rests_until = success ? 0 : apr_time_now() + REST;
    apr_thread_mutex_unlock(slots->mutex);
    if (!success && !rested)
        chat_log(&database->log, CHAT_LOG_ERROR, 122, APR_SUCCESS,
                 "the database cannot be reached; answers are 503 until it can");
    if (success && rested)
        chat_log(&database->log, CHAT_LOG_NOTICE, 123, APR_SUCCESS,
                 "the database can be reached again");
}

static void release(void *lease, void *baton)
{
    chat_site_database_t *database = baton;
    slot_t *slot = lease;
    database->generation->dbd_close(database->server, slot->dbd);
    slot_give(database->slots, slot);
}

static apr_status_t acquire(chat_db_t **db, void **lease, void *baton)
{
    chat_site_database_t *database = baton;
    slot_t *slot;
    apr_status_t rv = APR_SUCCESS;
    if (resting(database->slots))
        return CHAT_LOST;
    if (chat_gate_enter(database->slots->gate, 0, SLOT_WAIT) != APR_SUCCESS) {
        chat_log(&database->log, CHAT_LOG_WARNING, 120, APR_TIMEUP,
                 "no connection to the database came free within 2 seconds (DBDMax %d)",
                 database->connections);
        return CHAT_BUSY;
    }
    slot = slot_take(database->slots);
    slot->dbd = database->generation->dbd_open(slot->pool, database->server);
    opened(database, slot->dbd != NULL);
    if (!slot->dbd) {
        slot_give(database->slots, slot);
        return CHAT_LOST;
    }
    *db = chat_db_of_pool(slot->dbd->pool);
    /* A connection whose set-up failed when it was made gets another chance. */
    if (!*db)
        rv = chat_db_setup(db, slot->dbd->driver, slot->dbd->handle, slot->dbd->pool);
    if (rv != APR_SUCCESS || !*db) {
        release(slot, database);
        return rv != APR_SUCCESS ? rv : CHAT_BROKEN;
    }
    *lease = slot;
    return APR_SUCCESS;
}

/* Pools of slots are used by any thread, so each has an allocator of its own. */
static apr_status_t slot_create(chat_slots_t *slots, apr_pool_t *pchild)
{
    slot_t *slot = apr_pcalloc(pchild, sizeof(*slot));
    apr_allocator_t *allocator;
    apr_status_t rv = apr_allocator_create(&allocator);
    if (rv != APR_SUCCESS)
        return rv;
    rv = apr_pool_create_ex(&slot->pool, pchild, NULL, allocator);
    if (rv != APR_SUCCESS) {
        apr_allocator_destroy(allocator);
        return rv;
    }
    apr_allocator_owner_set(allocator, slot->pool);
    slot->next = slots->idle;
    slots->idle = slot;
    return APR_SUCCESS;
}

static int slot_count(const chat_site_database_t *database)
{
    int threads = 1, n = database->connections;
    ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    /* the cleaning thread asks for connections too */
    threads = threads < 1 ? 2 : threads + 1;
    n = n < threads ? n : threads;
    return n < SLOTS_MAX ? n : SLOTS_MAX;
}

apr_status_t chat_database_source(chat_source_t *out, chat_site_database_t *database,
                                  apr_pool_t *pchild)
{
    chat_slots_t *slots = apr_pcalloc(pchild, sizeof(*slots));
    int i, n = slot_count(database);
    apr_status_t rv;
    rv = apr_thread_mutex_create(&slots->mutex, APR_THREAD_MUTEX_DEFAULT, pchild);
    if (rv == APR_SUCCESS)
        rv = chat_gate_create(&slots->gate, n, 1, pchild);
    for (i = 0; i < n && rv == APR_SUCCESS; i++)
        rv = slot_create(slots, pchild);
    database->slots = slots;
    out->acquire = acquire;
    out->release = release;
    out->baton = database;
    return rv;
}

apr_status_t chat_database_post_connect(apr_pool_t *pool, dbd_cfg_t *cfg, ap_dbd_t *dbd)
{
    chat_generation_t *gen = chat_config_server(cfg->server)->generation;
    chat_db_t *db;
    apr_status_t rv;
    (void)pool;
    for (int i = 0; gen && i < gen->databases->nelts; i++) {
        chat_site_database_t *database =
            APR_ARRAY_IDX(gen->databases, i, chat_site_database_t *);
        if (strcmp(database->spec.driver, cfg->name) ||
            strcmp(database->spec.params, cfg->params))
            continue;
        rv = chat_db_setup(&db, dbd->driver, dbd->handle, dbd->pool);
        if (rv != APR_SUCCESS) {
            chat_log(&database->log, CHAT_LOG_WARNING, 121, rv,
                     "a new connection to the database could not be set up");
        }
        break;
    }
    return DECLINED;
}
