/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of chatrooms in an emergency. */
#include "store/emergency.h"

#include "store/db.h"

apr_status_t chat_emergency_put(chat_tx_t *tx, apr_int64_t room,
                                const chat_emergency_t *e)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_emergency_put, "iiss", room, e->since, e->actor,
                       e->reason);
}

apr_status_t chat_emergency_end(chat_tx_t *tx, apr_int64_t room)
{
    return chat_sql_change(tx, CHAT_NOTFOUND, CHAT_SQL_emergency_end, "i", room);
}

static void read_emergency(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_emergency_t *out = row;
    out->since = chat_sql_int(s, 0);
    out->actor = chat_sql_text(s, 1, NULL, pool);
    out->reason = chat_sql_text(s, 2, NULL, pool);
}

apr_status_t chat_emergency_find(chat_emergency_t *out, chat_tx_t *tx, apr_int64_t room,
                                 apr_pool_t *pool)
{
    apr_status_t rv = chat_sql_first(
        out, read_emergency, chat_sql(tx, CHAT_SQL_emergency_find, "i", room), pool);
    if (rv == CHAT_NOTFOUND)
        *out = (chat_emergency_t){0};
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}
