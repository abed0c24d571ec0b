/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of messages. */
#include "store/message.h"

#include "store/message_private.h"

#include <string.h>

apr_status_t chat_message_insert(chat_tx_t *tx, const chat_message_t *m)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_message_insert, "idzzsszztis", m->id, m->kind,
                       m->channel, m->author, m->author_name, m->recipients, m->parent,
                       m->root, m->body, m->body_len, m->created, m->mentions);
}

void chat_message_read(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_message_t *out = row;
    out->id = chat_sql_int(s, 0);
    out->kind = (chat_message_kind_t)chat_sql_int(s, 1);
    out->channel = chat_sql_int(s, 2);
    out->channel_name = chat_sql_text(s, 3, NULL, pool);
    out->author = chat_sql_int(s, 4);
    out->author_name = chat_sql_text(s, 5, NULL, pool);
    out->recipients = chat_sql_text(s, 6, NULL, pool);
    out->parent = chat_sql_int(s, 7);
    out->body = chat_sql_text(s, 8, &out->body_len, pool);
    out->created = chat_sql_int(s, 9);
    out->deleted = chat_sql_int(s, 10);
    out->edited = chat_sql_int(s, 11);
    out->root = chat_sql_int(s, 12);
    out->mentions = NULL;
}

apr_status_t chat_message_by_id(chat_message_t *out, chat_tx_t *tx, apr_int64_t id,
                                apr_pool_t *pool)
{
    return chat_sql_first(out, chat_message_read,
                          chat_sql(tx, CHAT_SQL_message_by_id, "i", id), pool);
}

apr_status_t chat_message_set_body(chat_tx_t *tx, const chat_message_t *m, apr_time_t now)
{
    return chat_sql_change(tx, CHAT_NOTFOUND, CHAT_SQL_message_edit, "tsii", m->body,
                           m->body_len, m->mentions, now, m->id);
}

apr_status_t chat_message_set_deleted(chat_tx_t *tx, apr_int64_t id, apr_time_t now)
{
    return chat_sql_change(tx, CHAT_NOTFOUND, CHAT_SQL_message_delete, "ii", now, id);
}

/* A row of a channel's page: the same message, without what the page has in common. */
static void read_short(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_message_t *out = row;
    memset(out, 0, sizeof(*out));
    out->id = chat_sql_int(s, 0);
    out->kind = (chat_message_kind_t)chat_sql_int(s, 1);
    out->author = chat_sql_int(s, 2);
    out->author_name = chat_sql_text(s, 3, NULL, pool);
    out->parent = chat_sql_int(s, 4);
    out->body = chat_sql_text(s, 5, &out->body_len, pool);
    out->created = chat_sql_int(s, 6);
}

/* The same with the time of deletion. */
static void read_history(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_message_t *out = row;
    read_short(out, s, pool);
    out->deleted = chat_sql_int(s, 7);
}

/* Reads until the texts are CHAT_PAGE_BYTES: an answer is some copies of them, escaped,
 * for each thread that asks. */
apr_status_t chat_message_list(chat_messages_t *out, chat_sql_read_fn read,
                               chat_stmt_t *s, apr_pool_t *pool)
{
    apr_array_header_t *list = apr_array_make(pool, 64, sizeof(chat_message_t));
    apr_size_t bytes = 0;
    apr_status_t rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS) {
        chat_message_t *m = apr_array_push(list);
        read(m, s, pool);
        bytes += m->body_len;
        if (bytes >= CHAT_PAGE_BYTES) {
            chat_sql_end(s);
            break;
        }
    }
    out->list = (chat_message_t *)list->elts;
    out->n = list->nelts;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

static apr_status_t list_channel(chat_messages_t *out, apr_int64_t channel,
                                 chat_sql_read_fn read, chat_stmt_t *s, apr_pool_t *pool)
{
    apr_status_t rv = chat_message_list(out, read, s, pool);
    for (int i = 0; rv == APR_SUCCESS && i < out->n; i++)
        out->list[i].channel = channel;
    return rv;
}

apr_status_t chat_message_of_channel(chat_messages_t *out, chat_tx_t *tx,
                                     apr_int64_t channel, apr_int64_t before, int limit,
                                     apr_pool_t *pool)
{
    return list_channel(
        out, channel, read_short,
        chat_sql(tx, CHAT_SQL_message_of_channel, "iid", channel, before, limit), pool);
}

apr_status_t chat_message_after(chat_messages_t *out, chat_tx_t *tx, apr_int64_t channel,
                                apr_int64_t after, int limit, apr_pool_t *pool)
{
    return list_channel(
        out, channel, read_short,
        chat_sql(tx, CHAT_SQL_message_after, "iid", channel, after, limit), pool);
}

apr_status_t chat_message_of_channel_extended(chat_messages_t *out, chat_tx_t *tx,
                                              apr_int64_t channel, apr_int64_t before,
                                              int limit, apr_pool_t *pool)
{
    return list_channel(
        out, channel, read_history,
        chat_sql(tx, CHAT_SQL_message_of_channel_extended, "iid", channel, before, limit),
        pool);
}

apr_status_t chat_message_history(chat_messages_t *out, chat_tx_t *tx,
                                  apr_int64_t channel, int limit, apr_pool_t *pool)
{
    return list_channel(out, channel, read_history,
                        chat_sql(tx, CHAT_SQL_message_history, "id", channel, limit),
                        pool);
}

apr_status_t chat_message_first(apr_int64_t *id, chat_tx_t *tx, apr_int64_t channel)
{
    return chat_sql_one(id, tx, CHAT_SQL_message_first, "i", channel);
}

apr_status_t chat_message_of_author(chat_messages_t *out, chat_tx_t *tx,
                                    apr_int64_t account, apr_int64_t before, int limit,
                                    apr_pool_t *pool)
{
    return chat_message_list(
        out, chat_message_read,
        chat_sql(tx, CHAT_SQL_message_of_author, "iid", account, before, limit), pool);
}

apr_status_t chat_message_named(chat_messages_t *out, chat_tx_t *tx, apr_int64_t account,
                                apr_int64_t before, int limit, apr_pool_t *pool)
{
    return chat_message_list(
        out, chat_message_read,
        chat_sql(tx, CHAT_SQL_message_named, "iid", account, before, limit), pool);
}

apr_status_t chat_message_erase(chat_tx_t *tx, apr_int64_t id, apr_time_t now)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_message_erase, "ii", now, id);
}

apr_status_t chat_message_direct(chat_messages_t *out, chat_tx_t *tx, apr_int64_t account,
                                 apr_int64_t before, int limit, apr_pool_t *pool)
{
    return chat_message_list(
        out, chat_message_read,
        chat_sql(tx, CHAT_SQL_message_direct, "iid", account, before, limit), pool);
}

apr_status_t chat_message_announced(chat_messages_t *out, chat_tx_t *tx, apr_int64_t room,
                                    apr_int64_t before, int limit, apr_pool_t *pool)
{
    return chat_message_list(out, chat_message_read,
                             chat_sql(tx, CHAT_SQL_message_announced, "iid",
                                      CHAT_ROW_ID(room, 0), before, limit),
                             pool);
}
