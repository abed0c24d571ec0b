/* SPDX-License-Identifier: Apache-2.0 */
/* Deletes expired rows, brings the index of words on, and exchanges counts of limits, in
 * one process at a time. */
#include "httpd/janitor.h"

#include "httpd/database.h"
#include "httpd/exchange.h"
#include "store/maintenance.h"
#include "store/search_index.h"

#include <httpd.h>
#include <mod_watchdog.h>

#define INTERVAL apr_time_from_sec(60)
#define INDEX_INTERVAL apr_time_from_sec(2)
#define PIECES_MAX 100 /* of one database in a row, while the others wait */

/* The rest of a long catch-up comes with the next calls. OLD: blocks whose messages
 * changed, too. */
static void bring_on(const chat_site_database_t *database, int old)
{
    int more;
    apr_time_t began = apr_time_now();
    apr_status_t rv = chat_search_fill(&more, database->store, old);
    CHAT_OBSERVE(database->generation->metrics, indexing, TIME, 0,
                 apr_time_now() - began);
    if (rv != APR_SUCCESS && rv != CHAT_BUSY && rv != CHAT_LOST)
        chat_log(&database->log, CHAT_LOG_WARNING, 1030, rv,
                 "could not bring the index of words on");
}

static void clean(chat_site_database_t *database)
{
    const chat_terms_t terms = {CHAT_EVENTS_SECONDS, database->retention,
                                database->session_lifetime};
    int more = 1;
    apr_time_t began = apr_time_now();
    apr_status_t rv = APR_SUCCESS;
    for (int pieces = 0; more && rv == APR_SUCCESS && pieces < PIECES_MAX; pieces++)
        rv = chat_store_clean(&more, NULL, database->store, &terms);
    CHAT_OBSERVE(database->generation->metrics, cleaning, TIME, 0,
                 apr_time_now() - began);
    /* A busy database is cleaned a minute later; one that is away was logged. */
    if (rv != APR_SUCCESS && rv != CHAT_BUSY && rv != CHAT_LOST)
        chat_log(&database->log, CHAT_LOG_WARNING, 130, rv,
                 "could not delete expired rows");
    bring_on(database, 1);
}

static void bring_on_new(chat_site_database_t *database)
{
    bring_on(database, 0);
}

static void each(int state, const chat_generation_t *gen,
                 void (*work)(chat_site_database_t *))
{
    for (int i = 0; state == AP_WATCHDOG_STATE_RUNNING && i < gen->databases->nelts;
         i++) {
        chat_site_database_t *database =
            APR_ARRAY_IDX(gen->databases, i, chat_site_database_t *);
        if (chat_database_ready(database))
            work(database);
    }
}

static apr_status_t step(int state, void *data, apr_pool_t *pool)
{
    (void)pool;
    each(state, data, clean);
    return APR_SUCCESS;
}

static apr_status_t index_step(int state, void *data, apr_pool_t *pool)
{
    (void)pool;
    each(state, data, bring_on_new);
    return APR_SUCCESS;
}

static apr_status_t exchange_step(int state, void *data, apr_pool_t *pool)
{
    (void)pool;
    each(state, data, chat_exchange);
    return APR_SUCCESS;
}

/* Limits have a thread of their own: the others may take long. */
static const struct {
    const char *thread;
    int shared; /* only for databases that other machines may use */
    apr_interval_time_t interval;
    ap_watchdog_callback_fn_t *step;
} tasks[] = {
    {"_chat_", 0, INTERVAL, step},
    {"_chat_", 0, INDEX_INTERVAL, index_step},
    {"_chat_limits_", 1, CHAT_EXCHANGE_INTERVAL, exchange_step},
};

static int any_shared(const chat_generation_t *gen)
{
    int n = 0;
    for (int i = 0; i < gen->databases->nelts; i++)
        n += !APR_ARRAY_IDX(gen->databases, i, chat_site_database_t *)->spec.file;
    return n;
}

apr_status_t chat_janitor_register(chat_generation_t *gen, apr_pool_t *pconf)
{
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) *get =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) *add =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    ap_watchdog_t *watchdog;
    apr_status_t rv = APR_SUCCESS;

    if (!get || !add)
        return APR_ENOTIMPL;
    for (apr_size_t i = 0; i < sizeof(tasks) / sizeof(*tasks) && rv == APR_SUCCESS; i++) {
        if (tasks[i].shared && !any_shared(gen))
            continue;
        rv = get(&watchdog, tasks[i].thread, 0, 1, pconf);
        if (rv == APR_SUCCESS)
            rv = add(watchdog, tasks[i].interval, gen, tasks[i].step);
    }
    return rv;
}
