/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the event log. */
#include "store/event.h"

#include "store/db.h"

apr_status_t chat_event_insert(chat_tx_t *tx, const chat_event_t *e)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_event_insert, "idzzzsis", e->id, e->kind,
                       e->channel, e->account, e->subject, e->audience, e->created,
                       e->detail);
}

static void read_followed(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_followed_t *out = row;
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
    out->event.detail = chat_sql_text(s, 13, NULL, pool);
    out->edited = chat_sql_int(s, 14);
    out->reply_to = chat_sql_int(s, 15);
    out->mentions = chat_sql_text(s, 16, NULL, pool);
    out->deleted = chat_sql_int(s, 17);
    out->description = chat_sql_text(s, 18, NULL, pool);
    out->slow = (int)chat_sql_int(s, 19);
}

apr_status_t chat_event_follow(chat_followed_t **out, int *n, chat_tx_t *tx,
                               apr_int64_t room, apr_int64_t after, int limit,
                               apr_pool_t *pool)
{
    static const chat_sql_kind_t followed = {read_followed, sizeof(chat_followed_t)};
    return chat_sql_list(out, n, &followed,
                         chat_sql(tx, CHAT_SQL_event_follow, "iid",
                                  CHAT_ROW_ID(room, after), CHAT_ROW_ID(room + 1, 0),
                                  limit),
                         pool);
}

apr_status_t chat_event_oldest(apr_int64_t *number, chat_tx_t *tx, apr_int64_t room)
{
    apr_int64_t id;
    apr_status_t rv = chat_sql_one(&id, tx, CHAT_SQL_event_first, "ii",
                                   CHAT_ROW_ID(room, 0), CHAT_ROW_ID(room + 1, 0));
    *number = rv == APR_SUCCESS ? CHAT_ROW_NUMBER(id) : 0;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}
