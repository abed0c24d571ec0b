/* SPDX-License-Identifier: Apache-2.0 */
#include "store/message.h"

#include "store/message_row.h"

#include <string.h>

apr_status_t chat_message_insert(chat_tx_t *tx, const chat_message_t *m)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_message_insert, "iizzsszti", m->id,
                       (apr_int64_t)m->kind, m->channel, m->author, m->author_name,
                       m->recipients, m->parent, m->body, m->body_len,
                       (apr_int64_t)m->created);
}

void chat_message_read(chat_message_t *out, chat_stmt_t *s, apr_pool_t *pool)
{
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
}

apr_status_t chat_message_by_id(chat_message_t *out, chat_tx_t *tx, apr_int64_t id,
                                apr_pool_t *pool)
{
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_message_by_id, "i", id);
    if (rv == APR_SUCCESS)
        rv = chat_sql_row(s);
    if (rv != APR_SUCCESS)
        return rv;
    chat_message_read(out, s, pool);
    chat_sql_end(s);
    return APR_SUCCESS;
}

apr_status_t chat_message_set_deleted(chat_tx_t *tx, apr_int64_t id, apr_time_t now)
{
    apr_int64_t changed = 0;
    apr_status_t rv =
        chat_sql_do(&changed, tx, CHAT_SQL_message_delete, "ii", (apr_int64_t)now, id);
    return rv == APR_SUCCESS && !changed ? CHAT_NOTFOUND : rv;
}

/* A row of a channel's page: the same message, without what the page has in common. */
static void read_said(chat_message_t *out, chat_stmt_t *s, apr_pool_t *pool)
{
    memset(out, 0, sizeof(*out));
    out->id = chat_sql_int(s, 0);
    out->kind = (chat_message_kind_t)chat_sql_int(s, 1);
    out->author = chat_sql_int(s, 2);
    out->author_name = chat_sql_text(s, 3, NULL, pool);
    out->parent = chat_sql_int(s, 4);
    out->body = chat_sql_text(s, 5, &out->body_len, pool);
    out->created = chat_sql_int(s, 6);
}

typedef void (*reader_fn)(chat_message_t *out, chat_stmt_t *s, apr_pool_t *pool);

/* Reads until the texts are CHAT_PAGE_BYTES: an answer is some copies of them, escaped,
 * for each thread that asks. */
static apr_status_t page(chat_messages_t *out, chat_stmt_t *s, reader_fn read,
                         apr_pool_t *pool)
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

apr_status_t chat_message_of_channel(chat_messages_t *out, chat_tx_t *tx,
                                     apr_int64_t channel, apr_int64_t before, int limit,
                                     apr_pool_t *pool)
{
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_message_of_channel, "iii", channel,
                               before, (apr_int64_t)limit);
    rv = rv == APR_SUCCESS ? page(out, s, read_said, pool) : rv;
    for (int i = 0; rv == APR_SUCCESS && i < out->n; i++)
        out->list[i].channel = channel;
    return rv;
}

/* The same with the time of deletion. */
static void read_history(chat_message_t *out, chat_stmt_t *s, apr_pool_t *pool)
{
    read_said(out, s, pool);
    out->deleted = chat_sql_int(s, 7);
}

apr_status_t chat_message_history(chat_messages_t *out, chat_tx_t *tx,
                                  apr_int64_t channel, int limit, apr_pool_t *pool)
{
    chat_stmt_t *s;
    apr_status_t rv =
        chat_sql(&s, tx, CHAT_SQL_message_history, "ii", channel, (apr_int64_t)limit);
    rv = rv == APR_SUCCESS ? page(out, s, read_history, pool) : rv;
    for (int i = 0; rv == APR_SUCCESS && i < out->n; i++)
        out->list[i].channel = channel;
    return rv;
}

apr_status_t chat_message_first(apr_int64_t *id, chat_tx_t *tx, apr_int64_t channel)
{
    return chat_sql_one(id, tx, CHAT_SQL_message_first, "i", channel);
}

apr_status_t chat_message_of_author(chat_messages_t *out, chat_tx_t *tx,
                                    apr_int64_t account, apr_int64_t before, int limit,
                                    apr_pool_t *pool)
{
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_message_of_author, "iii", account, before,
                               (apr_int64_t)limit);
    return rv == APR_SUCCESS ? page(out, s, chat_message_read, pool) : rv;
}

apr_status_t chat_message_direct(chat_messages_t *out, chat_tx_t *tx, apr_int64_t account,
                                 apr_int64_t before, int limit, apr_pool_t *pool)
{
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_message_direct, "iii", account, before,
                               (apr_int64_t)limit);
    return rv == APR_SUCCESS ? page(out, s, chat_message_read, pool) : rv;
}

apr_status_t chat_message_announced(chat_messages_t *out, chat_tx_t *tx, apr_int64_t room,
                                    apr_int64_t before, int limit, apr_pool_t *pool)
{
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_message_announced, "iii",
                               CHAT_ROW_ID(room, 0), before, (apr_int64_t)limit);
    return rv == APR_SUCCESS ? page(out, s, chat_message_read, pool) : rv;
}

/* Where the stream of ACCOUNT ends. */
static apr_status_t stream_end(apr_int64_t *position, apr_int64_t *others, chat_tx_t *tx,
                               apr_int64_t account)
{
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_recipient_top, "ii", account, account);
    *position = *others = 0;
    if (rv == APR_SUCCESS)
        rv = chat_sql_row(s);
    if (rv == CHAT_NOTFOUND)
        return APR_SUCCESS;
    if (rv != APR_SUCCESS)
        return rv;
    *position = chat_sql_int(s, 0);
    *others = chat_sql_int(s, 1);
    chat_sql_end(s);
    return APR_SUCCESS;
}

apr_status_t chat_recipient_insert(chat_tx_t *tx, apr_int64_t account,
                                   const chat_message_t *m)
{
    apr_int64_t position, others;
    apr_status_t rv = stream_end(&position, &others, tx, account);
    if (rv != APR_SUCCESS)
        return rv;
    return chat_sql_do(NULL, tx, CHAT_SQL_recipient_insert, "iiiiz", account, m->id,
                       position + 1, others + (m->author != account),
                       m->parent ? APR_INT64_C(0) : m->id);
}

apr_status_t chat_recipient_delete(chat_tx_t *tx, apr_int64_t message)
{
    apr_status_t rv = chat_sql_do(NULL, tx, CHAT_SQL_recipient_make_gaps, "i", message);
    return rv == APR_SUCCESS
               ? chat_sql_do(NULL, tx, CHAT_SQL_recipient_delete, "i", message)
               : rv;
}

apr_status_t chat_recipient_all(chat_recipient_t **out, int *n, chat_tx_t *tx,
                                apr_int64_t message, apr_pool_t *pool)
{
    apr_array_header_t *list = apr_array_make(pool, 4, sizeof(chat_recipient_t));
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_recipient_of_message, "i", message);
    if (rv != APR_SUCCESS)
        return rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS) {
        chat_recipient_t *r = apr_array_push(list);
        r->account = chat_sql_int(s, 0);
        r->name = chat_sql_text(s, 1, NULL, pool);
        r->state = (int)chat_sql_int(s, 2);
    }
    *out = (chat_recipient_t *)list->elts;
    *n = list->nelts;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t chat_recipient_check(chat_tx_t *tx, apr_int64_t account, apr_int64_t message)
{
    apr_int64_t one;
    return chat_sql_one(&one, tx, CHAT_SQL_recipient_has, "ii", account, message);
}

apr_status_t chat_event_insert(chat_tx_t *tx, const chat_event_t *e)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_event_insert, "iizzzsi", e->id,
                       (apr_int64_t)e->kind, e->channel, e->account, e->subject,
                       e->audience, (apr_int64_t)e->created);
}

static void read_followed(chat_followed_t *out, chat_stmt_t *s, apr_pool_t *pool)
{
    out->event.id = chat_sql_int(s, 0);
    out->event.kind = (chat_event_kind_t)chat_sql_int(s, 1);
    out->event.channel = chat_sql_int(s, 2);
    out->event.account = chat_sql_int(s, 3);
    out->event.subject = chat_sql_int(s, 4);
    out->event.audience = chat_sql_text(s, 5, NULL, pool);
    out->event.created = chat_sql_int(s, 6);
    out->channel_name = chat_sql_text(s, 7, NULL, pool);
    out->channel_public = chat_sql_int(s, 8) != 0;
    out->kind = (int)chat_sql_int(s, 9);
    out->author_name = chat_sql_text(s, 10, NULL, pool);
    out->recipients = chat_sql_text(s, 11, NULL, pool);
    out->body = chat_sql_text(s, 12, &out->body_len, pool);
}

apr_status_t chat_event_follow(chat_followed_t **out, int *n, chat_tx_t *tx,
                               apr_int64_t room, apr_int64_t after, int limit,
                               apr_pool_t *pool)
{
    apr_array_header_t *list = apr_array_make(pool, 16, sizeof(chat_followed_t));
    chat_stmt_t *s;
    apr_status_t rv =
        chat_sql(&s, tx, CHAT_SQL_event_follow, "iii", CHAT_ROW_ID(room, after),
                 CHAT_ROW_ID(room + 1, 0), (apr_int64_t)limit);
    if (rv != APR_SUCCESS)
        return rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS)
        read_followed(apr_array_push(list), s, pool);
    *out = (chat_followed_t *)list->elts;
    *n = list->nelts;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t chat_event_oldest(apr_int64_t *number, chat_tx_t *tx, apr_int64_t room)
{
    apr_int64_t id;
    apr_status_t rv = chat_sql_one(&id, tx, CHAT_SQL_event_first, "ii",
                                   CHAT_ROW_ID(room, 0), CHAT_ROW_ID(room + 1, 0));
    *number = rv == APR_SUCCESS ? CHAT_ROW_NUMBER(id) : 0;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t chat_event_heads(chat_head_t **out, int *n, chat_tx_t *tx, apr_time_t time,
                              apr_pool_t *pool)
{
    apr_array_header_t *list = apr_array_make(pool, 16, sizeof(chat_head_t));
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_room_heads, "i", (apr_int64_t)time);
    if (rv != APR_SUCCESS)
        return rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS) {
        chat_head_t *head = apr_array_push(list);
        head->room = chat_sql_int(s, 0);
        head->number = chat_sql_int(s, 1);
    }
    *out = (chat_head_t *)list->elts;
    *n = list->nelts;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}
