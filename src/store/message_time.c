/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of channels found by their time. */
#include "store/message_time.h"

#include "store/message_private.h"

#define FIRST_STEP 128

typedef struct place_t {
    apr_int64_t id;
    apr_time_t created;
} place_t;

static void read_place(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    place_t *out = row;
    (void)pool;
    out->id = chat_sql_int(s, 0);
    out->created = chat_sql_int(s, 1);
}

/* The newest message from FIRST to LAST, or CHAT_NOTFOUND. */
static apr_status_t newest(place_t *out, chat_tx_t *tx, apr_int64_t first,
                           apr_int64_t last)
{
    return chat_sql_first(out, read_place,
                          chat_sql(tx, CHAT_SQL_message_at, "ii", first, last), NULL);
}

/* A poll asks for new messages: so the probes go back from the newest one in growing
 * steps, then halve the rest. Invariant: no message below LOW is late enough, HIGH is. */
apr_status_t chat_said_since(apr_int64_t *first, chat_tx_t *tx, apr_int64_t room,
                             apr_time_t time)
{
    apr_int64_t low = CHAT_ROW_ID(room, 1), high = CHAT_ROW_ID(room + 1, 0);
    apr_int64_t step = FIRST_STEP, probe = high - 1;
    place_t found = {0, 0};
    int galloping = 1;
    while (low < high) {
        apr_status_t rv = newest(&found, tx, low, probe);
        if (rv == APR_SUCCESS && found.created >= time)
            high = found.id;
        else if (rv == APR_SUCCESS || rv == CHAT_NOTFOUND)
            low = probe + 1;
        else
            return rv;
        if (rv == CHAT_NOTFOUND || found.created < time)
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

static void read_said(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_said_t *out = row;
    chat_message_read(&out->message, s, pool);
    out->channel = chat_sql_text(s, 13, NULL, pool);
    out->author = chat_sql_text(s, 14, NULL, pool);
    out->reply = chat_sql_text(s, 15, NULL, pool);
}

static const chat_sql_kind_t saids = {read_said, sizeof(chat_said_t)};

apr_status_t chat_said_in_channel(chat_saids_t *out, chat_tx_t *tx, apr_int64_t channel,
                                  const chat_span_t *span, apr_pool_t *pool)
{
    return chat_sql_list(&out->list, &out->n, &saids,
                         chat_sql(tx, CHAT_SQL_said_in_channel, "iiid", channel,
                                  span->first, span->end, span->limit),
                         pool);
}

apr_status_t chat_said_in_room(chat_saids_t *out, chat_tx_t *tx, const chat_span_t *span,
                               apr_pool_t *pool)
{
    return chat_sql_list(
        &out->list, &out->n, &saids,
        chat_sql(tx, CHAT_SQL_said_in_room, "iid", span->first, span->end, span->limit),
        pool);
}

apr_status_t chat_said_by_id(chat_said_t *out, chat_tx_t *tx, apr_int64_t id,
                             apr_pool_t *pool)
{
    return chat_sql_first(out, read_said, chat_sql(tx, CHAT_SQL_said_one, "i", id), pool);
}

apr_status_t chat_said_ids(apr_int64_t *out, int *n, chat_tx_t *tx, apr_int64_t channel,
                           const chat_span_t *span)
{
    chat_stmt_t *s = chat_sql(tx, CHAT_SQL_said_ids, "iiid", channel, span->first,
                              span->end, span->limit);
    apr_status_t rv;
    *n = 0;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS)
        out[(*n)++] = chat_sql_int(s, 0);
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t chat_said_set_reply(chat_tx_t *tx, apr_int64_t id, const char *uuid)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_message_set_reply, "si", uuid, id);
}
