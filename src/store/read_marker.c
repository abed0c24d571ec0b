/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of read markers. */
#include "store/read_marker.h"

#include "store/db.h"

apr_status_t chat_read_marker_put(chat_tx_t *tx, const chat_read_marker_t *k)
{
    return chat_sql_change(tx, CHAT_CONFLICT, CHAT_SQL_read_marker_put, "iiii",
                           k->account, k->channel, k->peer, k->message);
}

apr_status_t chat_read_marker_find(chat_read_marker_t *k, chat_tx_t *tx)
{
    return chat_sql_one(&k->message, tx, CHAT_SQL_read_marker_find, "iii", k->account,
                        k->channel, k->peer);
}

apr_status_t chat_read_marker_delete(chat_tx_t *tx, apr_int64_t account)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_read_marker_delete, "i", account);
}

static void read_unread(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_unread_t *out = row;
    out->name = chat_sql_text(s, 0, NULL, pool);
    out->read = chat_sql_int(s, 1);
    out->last = chat_sql_int(s, 2);
    out->unread = chat_sql_int(s, 3);
    out->mentions = chat_sql_int(s, 4);
}

static const chat_sql_kind_t unreads = {read_unread, sizeof(chat_unread_t)};

apr_status_t chat_unread_channels(chat_unreads_t *out, chat_tx_t *tx, apr_int64_t account,
                                  apr_pool_t *pool)
{
    return chat_sql_list(&out->list, &out->n, &unreads,
                         chat_sql(tx, CHAT_SQL_unread_channels, "i", account), pool);
}

apr_status_t chat_unread_direct(chat_unreads_t *out, chat_tx_t *tx, apr_int64_t account,
                                int limit, apr_pool_t *pool)
{
    return chat_sql_list(
        &out->list, &out->n, &unreads,
        chat_sql(tx, CHAT_SQL_unread_direct, "iid", account, account, limit), pool);
}
