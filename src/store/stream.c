/* SPDX-License-Identifier: Apache-2.0 */
#include "store/stream.h"

#include "store/message_row.h"

static void read_message(chat_message_t *out, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_message_read(out, s, pool);
    out->replies = chat_sql_int(s, 11);
    out->last_id = chat_sql_int(s, 12);
    out->last_author = chat_sql_text(s, 13, NULL, pool);
    out->last_at = chat_sql_int(s, 14);
}

static apr_status_t read_page(chat_messages_t *out, chat_stmt_t *s, int limit,
                              apr_pool_t *pool)
{
    apr_array_header_t *list =
        apr_array_make(pool, limit < 64 ? limit : 64, sizeof(chat_message_t));
    apr_size_t bytes = 0;
    apr_status_t rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS) {
        chat_message_t *m = apr_array_push(list);
        read_message(m, s, pool);
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

static apr_status_t run(chat_messages_t *out, chat_tx_t *tx, chat_sql_id_t id,
                        const apr_int64_t args[3], apr_pool_t *pool)
{
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, id, "iii", args[0], args[1], args[2]);
    return rv == APR_SUCCESS ? read_page(out, s, (int)args[2], pool) : rv;
}

typedef struct place_t {
    apr_int64_t position, others;
    apr_time_t created;
} place_t;

static apr_status_t one_place(place_t *out, chat_stmt_t *s, apr_status_t rv, int created)
{
    if (rv == APR_SUCCESS)
        rv = chat_sql_row(s);
    if (rv != APR_SUCCESS)
        return rv;
    out->position = chat_sql_int(s, 0);
    out->others = chat_sql_int(s, 1);
    out->created = created ? chat_sql_int(s, 2) : 0;
    chat_sql_end(s);
    return APR_SUCCESS;
}

/* The newest row or gap; all 0 for an account without any. */
static apr_status_t find_top(place_t *out, chat_tx_t *tx, apr_int64_t account)
{
    chat_stmt_t *s = NULL;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_recipient_top, "ii", account, account);
    *out = (place_t){0};
    rv = one_place(out, s, rv, 0);
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

/* The newest row at POSITION or below. */
static apr_status_t find_below(place_t *out, chat_tx_t *tx, apr_int64_t account,
                               apr_int64_t position)
{
    chat_stmt_t *s = NULL;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_stream_below, "ii", account, position);
    return one_place(out, s, rv, 1);
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
 * with time, so each look halves what is left. */
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
        /* what was cleaned away at the lower end still counts in `others` */
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
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_stream_one, "ii", account, id);
    if (rv == APR_SUCCESS)
        rv = chat_sql_row(s);
    if (rv != APR_SUCCESS)
        return rv;
    read_message(out, s, pool);
    chat_sql_end(s);
    return APR_SUCCESS;
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
                                  m->author_name, (apr_int64_t)m->created);
    return rv == APR_SUCCESS ? chat_sql_do(NULL, tx, CHAT_SQL_recipient_set_activity,
                                           "ii", m->id, m->parent)
                             : rv;
}

apr_status_t chat_reply_remove(chat_tx_t *tx, apr_int64_t parent)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_reply_remove, "i", parent);
}
