/* SPDX-License-Identifier: Apache-2.0 */
/* What machines count together. */
#include "httpd/exchange.h"

#include "httpd/request/limits.h"
#include "store/rate.h"

/* Keys of one exchange; a flood waits for the next ones. */
#define KEYS_MAX 512

typedef struct exchange_t {
    chat_site_database_t *database;
    chat_rate_heard_t heard;
    chat_rate_told_t *told;
    int n;
    apr_pool_t *pool;
} exchange_t;

apr_uint32_t chat_exchange_group(const chat_site_database_t *database)
{
    apr_ssize_t len = APR_HASH_KEY_STRING;
    apr_uint32_t group = apr_hashfunc_default(database->spec.params, &len);
    return group ? group : 1;
}

static apr_status_t tell(chat_tx_t *tx, void *baton)
{
    const exchange_t *x = baton;
    return chat_rate_tell(tx, x->heard.node, x->told, x->n, x->pool);
}

static apr_status_t hear(chat_tx_t *tx, void *baton)
{
    exchange_t *x = baton;
    x->heard.since = x->database->heard;
    return chat_rate_hear(&x->heard, tx, x->pool);
}

static apr_status_t run(exchange_t *x)
{
    chat_limits_t *limits = x->database->joint;
    chat_store_t *store = x->database->store;
    apr_status_t rv = chat_store_read(store, hear, x);
    if (rv != APR_SUCCESS)
        return rv;
    /* first, because it says what else to tell */
    chat_limits_hear(limits, x->heard.rows, x->heard.n, apr_time_now());
    x->told = apr_palloc(x->pool, KEYS_MAX * sizeof(*x->told));
    x->n = chat_limits_tell(x->told, KEYS_MAX, limits, apr_time_now());
    if (x->n)
        rv = chat_store_write(store, tell, x);
    if (rv == APR_SUCCESS)
        chat_limits_told(limits, x->told, x->n);
    return rv;
}

void chat_exchange(chat_site_database_t *database)
{
    exchange_t x = {.database = database,
                    .heard.node = chat_limits_node(database->generation->limits)};
    apr_status_t rv;
    if (!database->joint)
        return;
    apr_pool_create(&x.pool, NULL);
    rv = run(&x);
    /* another server may have another clock */
    database->heard = rv == APR_SUCCESS ? x.heard.since : 0;
    apr_pool_destroy(x.pool);
    /* a database that is away was logged */
    if (rv != APR_SUCCESS && rv != CHAT_BUSY && rv != CHAT_LOST && !database->unheard)
        chat_log(&database->log, CHAT_LOG_WARNING, 1195, rv,
                 "could not exchange with other machines what was counted for limits");
    database->unheard = rv != APR_SUCCESS;
}
