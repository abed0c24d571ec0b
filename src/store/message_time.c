/* SPDX-License-Identifier: Apache-2.0 */
#include "store/message_time.h"

#include "store/db.h"
#include "store/message_row.h"

#define FIRST_STEP 128

/* The newest message from FIRST to LAST, or CHAT_NOTFOUND. */
static apr_status_t newest(apr_int64_t *id, apr_time_t *created, chat_tx_t *tx,
                           apr_int64_t first, apr_int64_t last)
{
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_message_at, "ii", first, last);
    if (rv == APR_SUCCESS)
        rv = chat_sql_row(s);
    if (rv != APR_SUCCESS)
        return rv;
    *id = chat_sql_int(s, 0);
    *created = chat_sql_int(s, 1);
    chat_sql_end(s);
    return APR_SUCCESS;
}

/* Whoever polls asks for what is new: so the probes go back from the newest message in
 * growing steps, then halve what is left. Invariant: no message below LOW is late enough,
 * HIGH is. */
apr_status_t chat_said_since(apr_int64_t *first, chat_tx_t *tx, apr_int64_t room,
                             apr_time_t time)
{
    apr_int64_t low = CHAT_ROW_ID(room, 1), high = CHAT_ROW_ID(room + 1, 0);
    apr_int64_t step = FIRST_STEP, probe = high - 1, id;
    apr_time_t created = 0;
    int galloping = 1;
    while (low < high) {
        apr_status_t rv = newest(&id, &created, tx, low, probe);
        if (rv == APR_SUCCESS && created >= time)
            high = id;
        else if (rv == APR_SUCCESS || rv == CHAT_NOTFOUND)
            low = probe + 1;
        else
            return rv;
        if (rv == CHAT_NOTFOUND || created < time)
            galloping = 0;
        probe = low + (high - low) / 2;
        if (galloping && high - low > step) {
            probe = high - step;
            step *= 4;
        }
    }
    *first = high;
    return APR_SUCCESS;
}

static void read_said(chat_said_t *out, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_message_read(&out->message, s, pool);
    out->channel = chat_sql_text(s, 11, NULL, pool);
    out->author = chat_sql_text(s, 12, NULL, pool);
    out->reply = chat_sql_text(s, 13, NULL, pool);
}

static apr_status_t page(chat_saids_t *out, chat_stmt_t *s, int limit, apr_pool_t *pool)
{
    apr_array_header_t *list =
        apr_array_make(pool, limit < 16 ? limit : 16, sizeof(chat_said_t));
    apr_status_t rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS)
        read_said(apr_array_push(list), s, pool);
    out->list = (chat_said_t *)list->elts;
    out->n = list->nelts;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t chat_said_in_channel(chat_saids_t *out, chat_tx_t *tx, apr_int64_t channel,
                                  const chat_span_t *span, apr_pool_t *pool)
{
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_said_in_channel, "iiii", channel,
                               span->first, span->end, (apr_int64_t)span->limit);
    return rv == APR_SUCCESS ? page(out, s, span->limit, pool) : rv;
}

apr_status_t chat_said_in_room(chat_saids_t *out, chat_tx_t *tx, const chat_span_t *span,
                               apr_pool_t *pool)
{
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_said_in_room, "iii", span->first,
                               span->end, (apr_int64_t)span->limit);
    return rv == APR_SUCCESS ? page(out, s, span->limit, pool) : rv;
}

apr_status_t chat_said_by_id(chat_said_t *out, chat_tx_t *tx, apr_int64_t id,
                             apr_pool_t *pool)
{
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_said_one, "i", id);
    if (rv == APR_SUCCESS)
        rv = chat_sql_row(s);
    if (rv != APR_SUCCESS)
        return rv;
    read_said(out, s, pool);
    chat_sql_end(s);
    return APR_SUCCESS;
}

apr_status_t chat_said_ids(apr_int64_t *out, int *n, chat_tx_t *tx, apr_int64_t channel,
                           const chat_span_t *span)
{
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_said_ids, "iiii", channel, span->first,
                               span->end, (apr_int64_t)span->limit);
    *n = 0;
    if (rv != APR_SUCCESS)
        return rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS)
        out[(*n)++] = chat_sql_int(s, 0);
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t chat_said_set_reply(chat_tx_t *tx, apr_int64_t id, const char *uuid)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_message_set_reply, "si", uuid, id);
}
