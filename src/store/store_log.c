/* SPDX-License-Identifier: Apache-2.0 */
/* The log lines of a store. */
#include "store/store_log.h"

#include "store/db.h"

void chat_store_failed(chat_store_log_t *log, chat_db_t *db, apr_status_t rv)
{
    chat_log_level_t level = rv == CHAT_BUSY ? CHAT_LOG_WARNING : CHAT_LOG_ERROR;
    if (rv == CHAT_CONFLICT)
        return;
    if (log->breaker && (rv == CHAT_LOST ||
                         (rv == CHAT_BUSY && !chat_log_due(&log->busy, apr_time_now()))))
        return;
    chat_log(log->log, level, 201, APR_SUCCESS, "database: %s",
             db->error[0] ? db->error : "no reason given");
    db->error[0] = '\0';
}

void chat_store_alike(const chat_store_log_t *log, const char *noun, const char *name,
                      const char *like)
{
    chat_log(log->log, CHAT_LOG_NOTICE, 960, APR_SUCCESS,
             "the %s \"%s\" looks like \"%s\"; both can be used", noun, name, like);
}

void chat_store_redated(chat_store_log_t *log, apr_int64_t room,
                        apr_interval_time_t ahead)
{
    if (!chat_log_due(&log->redated, apr_time_now()))
        return;
    chat_log(log->log, CHAT_LOG_WARNING, 206, APR_SUCCESS,
             "chatroom %" APR_INT64_T_FMT " had times %d s ahead of the server's clock: "
             "they were set to now; was the clock wrong?",
             room, (int)apr_time_sec(ahead));
}
