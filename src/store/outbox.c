/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the outbox. */
#include "store/outbox.h"

#include "store/db.h"

#include <string.h>

apr_status_t chat_outbox_insert(apr_int64_t *id, chat_tx_t *tx,
                                const chat_outbox_item_t *o)
{
    return chat_sql_one(id, tx, CHAT_SQL_outbox_insert, "idissdiiz", o->room, o->kind,
                        o->account, o->target, o->payload, o->state, o->next, o->created,
                        o->done);
}

static void read_item(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_outbox_item_t *out = row;
    out->id = chat_sql_int(s, 0);
    out->room = chat_sql_int(s, 1);
    out->kind = (chat_outbox_kind_t)chat_sql_int(s, 2);
    out->account_name = chat_sql_text(s, 3, NULL, pool);
    out->target = chat_sql_text(s, 4, NULL, pool);
    out->payload = chat_sql_text(s, 5, NULL, pool);
    out->state = (chat_outbox_state_t)chat_sql_int(s, 6);
    out->attempts = chat_sql_int(s, 7);
    out->next = chat_sql_int(s, 8);
    out->reason = chat_sql_text(s, 9, NULL, pool);
    out->created = chat_sql_int(s, 10);
    out->done = chat_sql_int(s, 11);
    out->account = chat_sql_int(s, 12);
}

static const chat_sql_kind_t items = {read_item, sizeof(chat_outbox_item_t)};

apr_status_t chat_outbox_page(chat_outbox_item_t **out, int *n, chat_tx_t *tx,
                              apr_int64_t after, int limit, apr_pool_t *pool)
{
    return chat_sql_list(out, n, &items,
                         chat_sql(tx, CHAT_SQL_outbox_list, "id", after, limit), pool);
}

apr_status_t chat_outbox_revive(chat_tx_t *tx, apr_int64_t id, apr_time_t now)
{
    return chat_sql_change(tx, CHAT_NOTFOUND, CHAT_SQL_outbox_retry, "iii", now, now, id);
}

apr_status_t chat_outbox_waiting(apr_int64_t *n, apr_time_t *since, chat_tx_t *tx)
{
    chat_stmt_t *s = chat_sql(tx, CHAT_SQL_outbox_waiting, "");
    apr_status_t rv = chat_sql_row(s);
    if (rv != APR_SUCCESS)
        return rv;
    *n = chat_sql_int(s, 0);
    *since = chat_sql_int(s, 1);
    chat_sql_end(s);
    return APR_SUCCESS;
}

apr_status_t chat_outbox_count(apr_int64_t counts[CHAT_OUTBOX_STATES], chat_tx_t *tx)
{
    chat_stmt_t *s = chat_sql(tx, CHAT_SQL_outbox_states, "");
    apr_status_t rv;
    memset(counts, 0, CHAT_OUTBOX_STATES * sizeof(*counts));
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
    chat_stmt_t *s =
        range->state == CHAT_OUTBOX_STATES
            ? chat_sql(tx, CHAT_SQL_outbox_page, "id", range->before, range->limit)
            : chat_sql(tx, CHAT_SQL_outbox_page_of_state, "idd", range->before,
                       range->state, range->limit);
    return chat_sql_list(out, n, &items, s, pool);
}

apr_status_t chat_outbox_by_id(chat_outbox_item_t *out, chat_tx_t *tx, apr_int64_t id,
                               apr_pool_t *pool)
{
    return chat_sql_first(out, read_item, chat_sql(tx, CHAT_SQL_outbox_by_id, "i", id),
                          pool);
}

apr_status_t chat_outbox_heads(chat_outbox_item_t **out, int *n, chat_tx_t *tx,
                               chat_outbox_kind_t kind, apr_time_t now, int limit,
                               apr_pool_t *pool)
{
    return chat_sql_list(
        out, n, &items,
        chat_sql(tx, CHAT_SQL_outbox_heads, "dddid", kind, kind, kind, now, limit), pool);
}

apr_status_t chat_outbox_claim(chat_tx_t *tx, const chat_outbox_item_t *o, apr_time_t now,
                               apr_time_t lease)
{
    return chat_sql_change(tx, CHAT_NOTFOUND, CHAT_SQL_outbox_claim, "iiii", lease, o->id,
                           o->attempts, now);
}

apr_status_t chat_outbox_finish(chat_tx_t *tx, const chat_outbox_item_t *o,
                                apr_int64_t attempt)
{
    const char *payload = o->state == CHAT_OUTBOX_DELIVERED ? "" : NULL;
    return chat_sql_do(NULL, tx, CHAT_SQL_outbox_finish, "diisszii", o->state,
                       o->attempts, o->next, o->reason, payload, o->done, o->id, attempt);
}

apr_status_t chat_outbox_release(chat_tx_t *tx, apr_time_t now)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_outbox_release, "i", now);
}
