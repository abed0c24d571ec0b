/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of anonymous sessions that a login ended. */
#include "store/anonymous_session.h"

#include "store/db.h"

apr_status_t chat_anonymous_session_insert_ended(chat_tx_t *tx, const char *hash,
                                                 apr_time_t now)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_anonymous_session_end, "si", hash, now);
}

apr_status_t chat_anonymous_session_find_ended(chat_tx_t *tx, const char *hash)
{
    apr_int64_t one;
    return chat_sql_one(&one, tx, CHAT_SQL_anonymous_session_ended, "s", hash);
}
