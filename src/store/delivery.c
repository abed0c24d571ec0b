/* SPDX-License-Identifier: Apache-2.0 */
#include "store/delivery.h"

apr_status_t chat_delivery_heads(chat_outbox_item_t **out, int *n, chat_tx_t *tx,
                                 chat_outbox_kind_t kind, apr_time_t now, int limit,
                                 apr_pool_t *pool)
{
    apr_array_header_t *list = apr_array_make(pool, 16, sizeof(chat_outbox_item_t));
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_outbox_heads, "iiiii", (apr_int64_t)kind,
                               (apr_int64_t)kind, (apr_int64_t)kind, (apr_int64_t)now,
                               (apr_int64_t)limit);
    if (rv != APR_SUCCESS)
        return rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS)
        chat_outbox_read(apr_array_push(list), s, pool);
    *out = (chat_outbox_item_t *)list->elts;
    *n = list->nelts;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t chat_delivery_claim(chat_tx_t *tx, const chat_outbox_item_t *o,
                                 apr_time_t now, apr_time_t lease)
{
    apr_int64_t changed = 0;
    apr_status_t rv =
        chat_sql_do(&changed, tx, CHAT_SQL_outbox_claim, "iiii", (apr_int64_t)lease,
                    o->id, o->attempts, (apr_int64_t)now);
    return rv == APR_SUCCESS && !changed ? CHAT_NOTFOUND : rv;
}

apr_status_t chat_delivery_finish(chat_tx_t *tx, const chat_outbox_item_t *o,
                                  apr_int64_t attempt)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_outbox_finish, "iiiszii", (apr_int64_t)o->state,
                       o->attempts, (apr_int64_t)o->next, o->reason, (apr_int64_t)o->done,
                       o->id, attempt);
}

apr_status_t chat_delivery_release(chat_tx_t *tx, apr_time_t now)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_outbox_release, "i", (apr_int64_t)now);
}
