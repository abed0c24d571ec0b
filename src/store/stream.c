/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of direct messages: recipients, streams, threads, replies. */
#include "store/stream.h"

#include "store/message_private.h"

static void read_message(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_message_t *out = row;
    chat_message_read(out, s, pool);
    out->replies = chat_sql_int(s, 13);
    out->last_id = chat_sql_int(s, 14);
    out->last_author = chat_sql_text(s, 15, NULL, pool);
    out->last_at = chat_sql_int(s, 16);
}

static apr_status_t run(chat_messages_t *out, chat_tx_t *tx, chat_sql_id_t id,
                        const apr_int64_t args[3], apr_pool_t *pool)
{
    return chat_message_list(out, read_message,
                             chat_sql(tx, id, "iii", args[0], args[1], args[2]), pool);
}

typedef struct place_t {
    apr_int64_t position, others;
    apr_time_t created;
} place_t;

static void read_place(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    place_t *out = row;
    (void)pool;
    out->position = chat_sql_int(s, 0);
    out->others = chat_sql_int(s, 1);
    out->created = chat_sql_int(s, 2);
}

/* The newest row or gap; all 0 for an account without any. */
static apr_status_t find_top(place_t *out, chat_tx_t *tx, apr_int64_t account)
{
    apr_status_t rv;
    *out = (place_t){0};
    rv = chat_sql_first(out, read_place,
                        chat_sql(tx, CHAT_SQL_recipient_top, "ii", account, account),
                        NULL);
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

/* The newest row at POSITION or below. */
static apr_status_t find_below(place_t *out, chat_tx_t *tx, apr_int64_t account,
                               apr_int64_t position)
{
    return chat_sql_first(out, read_place,
                          chat_sql(tx, CHAT_SQL_stream_below, "ii", account, position),
                          NULL);
}

/* The position that has SKIP rows above it: below TOP by SKIP and by the gaps on the way,
 * which are looked for again in what they add to it. */
static apr_status_t skip_rows(apr_int64_t *position, chat_tx_t *tx, apr_int64_t account,
                              apr_int64_t top, apr_int64_t skip)
{
    apr_int64_t high = top, low = top - skip, gaps = 1;
    apr_status_t rv = APR_SUCCESS;
    while (rv == APR_SUCCESS && low > 0 && high > low && gaps) {
        rv = chat_sql_one(&gaps, tx, CHAT_SQL_stream_gaps, "iii", account, low, high);
        high = low;
        low -= gaps;
    }
    *position = low;
    return rv;
}

apr_status_t chat_stream_page(chat_messages_t *out, chat_tx_t *tx, apr_int64_t account,
                              apr_int64_t skip, int limit, apr_pool_t *pool)
{
    apr_int64_t args[3] = {account, 0, limit};
    place_t top;
    apr_status_t rv = find_top(&top, tx, account);
    out->n = 0;
    if (rv != APR_SUCCESS || skip >= top.position)
        return rv;
    rv = skip_rows(&args[1], tx, account, top.position, skip);
    if (rv != APR_SUCCESS || args[1] < 1)
        return rv;
    return run(out, tx, CHAT_SQL_stream_page, args, pool);
}

/* The newest row that is not later than TIME; position 0 when all are. Positions grow
 * with time, so each probe halves the rest. */
static apr_status_t find_time(place_t *out, chat_tx_t *tx, apr_int64_t account,
                              apr_int64_t top, apr_time_t time)
{
    apr_int64_t low = 0, high = top, look = top;
    place_t found;
    *out = (place_t){0};
    while (low < high) {
        apr_status_t rv = find_below(&found, tx, account, look);
        if (rv != APR_SUCCESS && rv != CHAT_NOTFOUND)
            return rv;
        if (rv == CHAT_NOTFOUND) {
            low = look;
        }
        else if (found.created <= time) {
            *out = found;
            low = look;
        }
        else {
            high = found.position - 1;
        }
        look = low + (high - low + 1) / 2;
    }
    return APR_SUCCESS;
}

apr_status_t chat_stream_since(chat_messages_t *out, apr_int64_t *count, chat_tx_t *tx,
                               apr_int64_t account, apr_time_t time, int limit,
                               apr_pool_t *pool)
{
    apr_int64_t args[3] = {account, 0, limit}, gaps = 0;
    place_t top, known;
    apr_status_t rv = find_top(&top, tx, account);
    out->n = 0;
    *count = 0;
    if (rv == APR_SUCCESS)
        rv = find_time(&known, tx, account, top.position, time);
    if (rv == APR_SUCCESS)
        rv = chat_sql_one(&gaps, tx, CHAT_SQL_stream_gaps_by_others, "ii", account,
                          known.position);
    if (rv != APR_SUCCESS)
        return rv;
    if (!known.position && top.position) {
        /* rows deleted at the lower end still count in `others` */
        rv = chat_sql_one(&known.others, tx, CHAT_SQL_stream_first, "ii", account,
                          account);
        if (rv != APR_SUCCESS)
            return rv;
    }
    *count = top.others - known.others - gaps;
    args[1] = known.position;
    return run(out, tx, CHAT_SQL_stream_since, args, pool);
}

apr_status_t chat_stream_one(chat_message_t *out, chat_tx_t *tx, apr_int64_t account,
                             apr_int64_t id, apr_pool_t *pool)
{
    return chat_sql_first(out, read_message,
                          chat_sql(tx, CHAT_SQL_stream_one, "ii", account, id), pool);
}

apr_status_t chat_stream_threads(chat_messages_t *out, chat_tx_t *tx, apr_int64_t account,
                                 apr_int64_t skip, int limit, apr_pool_t *pool)
{
    apr_int64_t args[3] = {account, 0, limit};
    apr_status_t rv =
        chat_sql_one(&args[1], tx, CHAT_SQL_stream_thread_at, "ii", account, skip);
    out->n = 0;
    if (rv != APR_SUCCESS)
        return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
    return run(out, tx, CHAT_SQL_stream_threads, args, pool);
}

apr_status_t chat_stream_replies(chat_messages_t *out, chat_tx_t *tx, apr_int64_t account,
                                 apr_int64_t parent, int limit, apr_pool_t *pool)
{
    apr_int64_t args[3] = {parent, account, limit};
    return run(out, tx, CHAT_SQL_stream_replies, args, pool);
}

apr_status_t chat_reply_add(chat_tx_t *tx, const chat_message_t *m)
{
    apr_status_t rv = chat_sql_do(NULL, tx, CHAT_SQL_reply_add, "iisi", m->parent, m->id,
                                  m->author_name, m->created);
    return rv == APR_SUCCESS ? chat_sql_do(NULL, tx, CHAT_SQL_recipient_set_activity,
                                           "ii", m->id, m->parent)
                             : rv;
}

apr_status_t chat_reply_erase(chat_tx_t *tx, apr_int64_t parent, apr_int64_t id)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_reply_erase, "ii", parent, id);
}

apr_status_t chat_reply_remove(chat_tx_t *tx, apr_int64_t parent)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_reply_remove, "i", parent);
}

/* ---- recipients ---- */

apr_status_t chat_recipient_insert(chat_tx_t *tx, apr_int64_t account, apr_int64_t peer,
                                   const chat_message_t *m)
{
    place_t top;
    apr_status_t rv = find_top(&top, tx, account);
    if (rv != APR_SUCCESS)
        return rv;
    return chat_sql_do(NULL, tx, CHAT_SQL_recipient_insert, "iiiizi", account, m->id,
                       top.position + 1, top.others + (m->author != account),
                       m->parent ? APR_INT64_C(0) : m->id, peer);
}

apr_status_t chat_recipient_delete(chat_tx_t *tx, apr_int64_t message)
{
    apr_status_t rv = chat_sql_do(NULL, tx, CHAT_SQL_recipient_make_gaps, "i", message);
    return rv == APR_SUCCESS
               ? chat_sql_do(NULL, tx, CHAT_SQL_recipient_delete, "i", message)
               : rv;
}

static void read_recipient(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_recipient_t *out = row;
    out->account = chat_sql_int(s, 0);
    out->name = chat_sql_text(s, 1, NULL, pool);
    out->state = (int)chat_sql_int(s, 2);
}

apr_status_t chat_recipient_all(chat_recipient_t **out, int *n, chat_tx_t *tx,
                                apr_int64_t message, apr_pool_t *pool)
{
    static const chat_sql_kind_t recipients = {read_recipient, sizeof(chat_recipient_t)};
    return chat_sql_list(out, n, &recipients,
                         chat_sql(tx, CHAT_SQL_recipient_of_message, "i", message), pool);
}

apr_status_t chat_recipient_check(chat_tx_t *tx, apr_int64_t account, apr_int64_t message)
{
    apr_int64_t one;
    return chat_sql_one(&one, tx, CHAT_SQL_recipient_has, "ii", account, message);
}
