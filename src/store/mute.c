/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of mutes and of slow mode. */
#include "store/mute.h"

#include "store/db.h"

apr_status_t chat_mute_put(chat_tx_t *tx, const chat_mute_t *m, apr_time_t now)
{
    apr_status_t rv = chat_sql_do(NULL, tx, CHAT_SQL_mute_put, "iizzsi", m->account,
                                  m->channel, m->until, m->actor, m->reason, now);
    return rv == APR_SUCCESS ? chat_sql_do(NULL, tx, CHAT_SQL_mute_flag, "i", m->account)
                             : rv;
}

apr_status_t chat_mute_delete(chat_tx_t *tx, apr_int64_t account, apr_int64_t channel)
{
    apr_status_t rv =
        chat_sql_change(tx, CHAT_NOTFOUND, CHAT_SQL_mute_delete, "ii", account, channel);
    return rv == APR_SUCCESS ? chat_sql_do(NULL, tx, CHAT_SQL_mute_flag, "i", account)
                             : rv;
}

apr_status_t chat_mute_find(apr_time_t *until, chat_tx_t *tx, apr_int64_t account,
                            apr_int64_t channel, apr_time_t now)
{
    return chat_sql_one(until, tx, CHAT_SQL_mute_find, "iii", account, channel, now);
}

static void read_muted(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_muted_t *out = row;
    out->name = chat_sql_text(s, 0, NULL, pool);
    out->channel = chat_sql_text(s, 1, NULL, pool);
    out->until = chat_sql_int(s, 2);
    out->actor = chat_sql_text(s, 3, NULL, pool);
    out->reason = chat_sql_text(s, 4, NULL, pool);
    out->created = chat_sql_int(s, 5);
}

apr_status_t chat_mute_list(chat_muted_list_t *out, chat_tx_t *tx, apr_int64_t room,
                            apr_time_t now, int limit, apr_pool_t *pool)
{
    static const chat_sql_kind_t muted = {read_muted, sizeof(chat_muted_t)};
    return chat_sql_list(&out->list, &out->n, &muted,
                         chat_sql(tx, CHAT_SQL_mute_list, "iid", room, now, limit), pool);
}

apr_status_t chat_slow_take(apr_interval_time_t *wait, chat_tx_t *tx, apr_int64_t account,
                            apr_int64_t channel, apr_time_t now, apr_interval_time_t span)
{
    apr_time_t last = now;
    apr_int64_t n;
    apr_status_t rv = chat_sql_do(&n, tx, CHAT_SQL_slow_take, "iiii", account, channel,
                                  now, now - span);
    *wait = 0;
    if (rv != APR_SUCCESS || n)
        return rv;
    rv = chat_sql_one(&last, tx, CHAT_SQL_slow_find, "ii", account, channel);
    *wait = last + span > now ? last + span - now : 1;
    return rv;
}
