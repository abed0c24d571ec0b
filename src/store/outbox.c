/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db.h"
#include "store/delivery.h"

#include <string.h>

apr_status_t chat_outbox_insert(apr_int64_t *id, chat_tx_t *tx,
                                const chat_outbox_item_t *o)
{
    return chat_sql_one(id, tx, CHAT_SQL_outbox_insert, "iizssiiiz", o->room,
                        (apr_int64_t)o->kind, o->account, o->target, o->payload,
                        (apr_int64_t)o->state, (apr_int64_t)o->next,
                        (apr_int64_t)o->created, (apr_int64_t)o->done);
}

void chat_outbox_read(chat_outbox_item_t *out, chat_stmt_t *s, apr_pool_t *pool)
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
        chat_outbox_read(apr_array_push(list), s, pool);
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
        chat_outbox_read(apr_array_push(list), s, pool);
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
    chat_outbox_read(out, s, pool);
    chat_sql_end(s);
    return APR_SUCCESS;
}

apr_status_t chat_outbox_due(chat_outbox_item_t **out, int *n, chat_tx_t *tx,
                             chat_outbox_kind_t kind, apr_time_t now, int limit,
                             apr_pool_t *pool)
{
    apr_array_header_t *list = apr_array_make(pool, 16, sizeof(chat_outbox_item_t));
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_mail_due, "iii", (apr_int64_t)now,
                               (apr_int64_t)kind, (apr_int64_t)limit);
    if (rv != APR_SUCCESS)
        return rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS) {
        chat_outbox_item_t *o = apr_array_push(list);
        *o = (chat_outbox_item_t){.kind = kind};
        o->id = chat_sql_int(s, 0);
        o->room = chat_sql_int(s, 1);
        o->account = chat_sql_int(s, 3);
        o->target = chat_sql_text(s, 4, NULL, pool);
        o->payload = chat_sql_text(s, 5, NULL, pool);
        o->attempts = chat_sql_int(s, 6);
    }
    *out = (chat_outbox_item_t *)list->elts;
    *n = list->nelts;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t chat_outbox_take(int *taken, chat_tx_t *tx, const chat_outbox_item_t *item,
                              apr_time_t until)
{
    apr_int64_t changed = 0;
    apr_status_t rv = chat_sql_do(&changed, tx, CHAT_SQL_mail_claim, "iii",
                                  (apr_int64_t)until, item->id, item->attempts);
    *taken = changed != 0;
    return rv;
}

apr_status_t chat_outbox_settle(chat_tx_t *tx, const chat_outbox_item_t *o)
{
    if (o->state == CHAT_OUTBOX_WAITING)
        return chat_sql_do(NULL, tx, CHAT_SQL_mail_defer, "isi", (apr_int64_t)o->next,
                           o->reason, o->id);
    return chat_sql_do(NULL, tx, CHAT_SQL_mail_finish, "issii", (apr_int64_t)o->state,
                       o->payload, o->reason, (apr_int64_t)o->done, o->id);
}

apr_status_t chat_link_find(chat_link_t *out, chat_tx_t *tx, apr_int64_t account,
                            const char *key, apr_pool_t *pool)
{
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_link_find, "is", account, key);
    if (rv == APR_SUCCESS)
        rv = chat_sql_row(s);
    if (rv != APR_SUCCESS)
        return rv;
    out->account = account;
    out->person = chat_sql_int(s, 0) == 2;
    out->discord_id = chat_sql_text(s, 1, NULL, pool);
    out->name = chat_sql_text(s, 2, NULL, pool);
    chat_sql_end(s);
    return APR_SUCCESS;
}

apr_status_t chat_link_put(chat_tx_t *tx, const chat_link_t *link, apr_time_t now)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_link_put, "issisi", link->account,
                       link->name_key, link->name, (apr_int64_t)(link->person ? 2 : 1),
                       link->discord_id, (apr_int64_t)now);
}

apr_status_t chat_link_delete(chat_tx_t *tx, apr_int64_t account, const char *key)
{
    apr_int64_t changed = 0;
    apr_status_t rv = chat_sql_do(&changed, tx, CHAT_SQL_link_delete, "is", account, key);
    return rv == APR_SUCCESS && !changed ? CHAT_NOTFOUND : rv;
}

apr_status_t chat_link_all(chat_link_t **out, int *n, chat_tx_t *tx, apr_int64_t room,
                           apr_pool_t *pool)
{
    apr_array_header_t *list = apr_array_make(pool, 16, sizeof(chat_link_t));
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_link_list, "i", room);
    if (rv != APR_SUCCESS)
        return rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS) {
        chat_link_t *link = apr_array_push(list);
        link->account = 0;
        link->name_key = NULL;
        link->account_name = chat_sql_text(s, 0, NULL, pool);
        link->name = chat_sql_text(s, 1, NULL, pool);
        link->person = chat_sql_int(s, 2) == 2;
        link->discord_id = chat_sql_text(s, 3, NULL, pool);
    }
    *out = (chat_link_t *)list->elts;
    *n = list->nelts;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

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
