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
