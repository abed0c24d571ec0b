/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of requests with an Idempotency-Key. */
#include "store/idempotency.h"

#include "store/db.h"

apr_status_t chat_once_find(const char **request_hash, apr_int64_t *result, chat_tx_t *tx,
                            const char *key, apr_pool_t *pool)
{
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_once_find, "s", key);
    if (rv == APR_SUCCESS)
        rv = chat_sql_row(s);
    if (rv != APR_SUCCESS)
        return rv;
    *request_hash = chat_sql_text(s, 0, NULL, pool);
    *result = chat_sql_int(s, 1);
    chat_sql_end(s);
    return APR_SUCCESS;
}

apr_status_t chat_once_insert(chat_tx_t *tx, const char *key, const char *request_hash,
                              apr_int64_t result, apr_time_t now)
{
    apr_int64_t changed = 0;
    apr_status_t rv = chat_sql_do(&changed, tx, CHAT_SQL_once_insert, "ssii", key,
                                  request_hash, result, (apr_int64_t)now);
    return rv == APR_SUCCESS && !changed ? CHAT_CONFLICT : rv;
}
