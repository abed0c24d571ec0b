/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the outbox. */
#include "store/outbox.h"

#include "store/db.h"

#include <string.h>

apr_status_t chat_outbox_insert(apr_int64_t *id, chat_tx_t *tx,
                                const chat_outbox_item_t *o)
{
    return chat_sql_one(id, tx, CHAT_SQL_outbox_insert, "iizssiiiz", o->room,
                        (apr_int64_t)o->kind, o->account, o->target, o->payload,
                        (apr_int64_t)o->state, (apr_int64_t)o->next,
                        (apr_int64_t)o->created, (apr_int64_t)o->done);
}

static void read_item(chat_outbox_item_t *out, chat_stmt_t *s, apr_pool_t *pool)
{
    out->id = chat_sql_int(s, 0);
    out->room = chat_sql_int(s, 1);
    out->kind = (chat_outbox_kind_t)chat_sql_int(s, 2);
    out->account = 0;
    out->account_name = chat_sql_text(s, 3, NULL, pool);
    out->target = chat_sql_text(s, 4, NULL, pool);
    out->payload = chat_sql_text(s, 5, NULL, pool);
    out->state = (chat_outbox_state_t)chat_sql_int(s, 6);
    out->attempts = chat_sql_int(s, 7);
    out->next = chat_sql_int(s, 8);
    out->reason = chat_sql_text(s, 9, NULL, pool);
    out->created = chat_sql_int(s, 10);
    out->done = chat_sql_int(s, 11);
}

apr_status_t chat_outbox_page(chat_outbox_item_t **out, int *n, chat_tx_t *tx,
                              apr_int64_t after, int limit, apr_pool_t *pool)
{
    apr_array_header_t *list = apr_array_make(pool, 16, sizeof(chat_outbox_item_t));
    chat_stmt_t *s;
    apr_status_t rv =
        chat_sql(&s, tx, CHAT_SQL_outbox_list, "ii", after, (apr_int64_t)limit);
    if (rv != APR_SUCCESS)
        return rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS)
        read_item(apr_array_push(list), s, pool);
    *out = (chat_outbox_item_t *)list->elts;
    *n = list->nelts;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t chat_outbox_revive(chat_tx_t *tx, apr_int64_t id, apr_time_t now)
{
    apr_int64_t changed = 0;
    apr_status_t rv = chat_sql_do(&changed, tx, CHAT_SQL_outbox_retry, "iii",
                                  (apr_int64_t)now, (apr_int64_t)now, id);
    return rv == APR_SUCCESS && !changed ? CHAT_NOTFOUND : rv;
}

apr_status_t chat_outbox_count(apr_int64_t counts[CHAT_OUTBOX_STATES], chat_tx_t *tx)
{
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_outbox_states, "");
    memset(counts, 0, CHAT_OUTBOX_STATES * sizeof(*counts));
    if (rv != APR_SUCCESS)
        return rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS) {
        apr_int64_t state = chat_sql_int(s, 0);
        if (state >= 0 && state < CHAT_OUTBOX_STATES)
            counts[state] = chat_sql_int(s, 1);
    }
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t chat_outbox_range(chat_outbox_item_t **out, int *n, chat_tx_t *tx,
                               const chat_outbox_range_t *range, apr_pool_t *pool)
{
    apr_array_header_t *list = apr_array_make(pool, 16, sizeof(chat_outbox_item_t));
    chat_stmt_t *s;
    apr_status_t rv;
    if (range->state == CHAT_OUTBOX_STATES)
        rv = chat_sql(&s, tx, CHAT_SQL_outbox_page, "ii", range->before,
                      (apr_int64_t)range->limit);
    else
        rv = chat_sql(&s, tx, CHAT_SQL_outbox_page_of_state, "iii", range->before,
                      (apr_int64_t)range->state, (apr_int64_t)range->limit);
    if (rv != APR_SUCCESS)
        return rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS)
        read_item(apr_array_push(list), s, pool);
    *out = (chat_outbox_item_t *)list->elts;
    *n = list->nelts;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t chat_outbox_by_id(chat_outbox_item_t *out, chat_tx_t *tx, apr_int64_t id,
                               apr_pool_t *pool)
{
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_outbox_by_id, "i", id);
    if (rv == APR_SUCCESS)
        rv = chat_sql_row(s);
    if (rv != APR_SUCCESS)
        return rv;
    read_item(out, s, pool);
    chat_sql_end(s);
    return APR_SUCCESS;
}

apr_status_t chat_outbox_heads(chat_outbox_item_t **out, int *n, chat_tx_t *tx,
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
        read_item(apr_array_push(list), s, pool);
    *out = (chat_outbox_item_t *)list->elts;
    *n = list->nelts;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t chat_outbox_claim(chat_tx_t *tx, const chat_outbox_item_t *o, apr_time_t now,
                               apr_time_t lease)
{
    apr_int64_t changed = 0;
    apr_status_t rv =
        chat_sql_do(&changed, tx, CHAT_SQL_outbox_claim, "iiii", (apr_int64_t)lease,
                    o->id, o->attempts, (apr_int64_t)now);
    return rv == APR_SUCCESS && !changed ? CHAT_NOTFOUND : rv;
}

apr_status_t chat_outbox_finish(chat_tx_t *tx, const chat_outbox_item_t *o,
                                apr_int64_t attempt)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_outbox_finish, "iiisszii",
                       (apr_int64_t)o->state, o->attempts, (apr_int64_t)o->next,
                       o->reason, o->state == CHAT_OUTBOX_DELIVERED ? "" : NULL,
                       (apr_int64_t)o->done, o->id, attempt);
}

apr_status_t chat_outbox_release(chat_tx_t *tx, apr_time_t now)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_outbox_release, "i", (apr_int64_t)now);
}
