/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of requests with an Idempotency-Key. */
#include "store/idempotency.h"

#include "store/db.h"

typedef struct once_t {
    const char *request_hash;
    apr_int64_t result;
} once_t;

static void read_once(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    once_t *out = row;
    out->request_hash = chat_sql_text(s, 0, NULL, pool);
    out->result = chat_sql_int(s, 1);
}

apr_status_t chat_once_find(const char **request_hash, apr_int64_t *result, chat_tx_t *tx,
                            const char *key, apr_pool_t *pool)
{
    once_t once = {NULL, 0};
    apr_status_t rv = chat_sql_first(&once, read_once,
                                     chat_sql(tx, CHAT_SQL_once_find, "s", key), pool);
    *request_hash = once.request_hash;
    *result = once.result;
    return rv;
}

apr_status_t chat_once_insert(chat_tx_t *tx, const char *key, const char *request_hash,
                              apr_int64_t result, apr_time_t now)
{
    return chat_sql_change(tx, CHAT_CONFLICT, CHAT_SQL_once_insert, "ssii", key,
                           request_hash, result, now);
}
