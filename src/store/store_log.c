/* SPDX-License-Identifier: Apache-2.0 */
/* The log lines of a store. */
#include "store/store_log.h"

#include "store/db.h"

/* Whether this minute passes without a mark in *MINUTE, which is set. */
static int minute_begins(apr_int64_t *minute)
{
    apr_int64_t now = apr_time_sec(apr_time_now()) / 60;
    return __atomic_exchange_n(minute, now, __ATOMIC_ACQ_REL) != now;
}

void chat_store_failed(chat_store_log_t *log, chat_db_t *db, apr_status_t rv)
{
    chat_log_level_t level = rv == CHAT_BUSY ? CHAT_LOG_WARNING : CHAT_LOG_ERROR;
    if (rv == CHAT_CONFLICT)
        return;
    if (log->breaker &&
        (rv == CHAT_LOST || (rv == CHAT_BUSY && !minute_begins(&log->busy))))
        return;
    chat_log(log->log, level, 201, APR_SUCCESS, "database: %s",
             db->error[0] ? db->error : "no reason given");
    db->error[0] = '\0';
}

void chat_store_redated(chat_store_log_t *log, apr_int64_t room,
                        apr_interval_time_t ahead)
{
    if (!minute_begins(&log->redated))
        return;
    chat_log(log->log, CHAT_LOG_WARNING, 206, APR_SUCCESS,
             "chatroom %" APR_INT64_T_FMT " had times %d s ahead of the server's clock: "
             "they were set to now; was the clock wrong?",
             room, (int)apr_time_sec(ahead));
}
