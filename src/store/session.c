/* SPDX-License-Identifier: Apache-2.0 */
#include "store/session.h"

#include "store/db.h"

apr_status_t chat_session_insert(chat_tx_t *tx, const chat_session_t *s)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_session_insert, "siiii", s->hash, s->account,
                       (apr_int64_t)s->dialect, (apr_int64_t)s->created,
                       (apr_int64_t)s->used);
}

apr_status_t chat_session_find(chat_session_t *out, chat_tx_t *tx, const char *hash)
{
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_session_find, "s", hash);
    if (rv == APR_SUCCESS)
        rv = chat_sql_row(s);
    if (rv != APR_SUCCESS)
        return rv;
    out->hash = NULL;
    out->account = chat_sql_int(s, 0);
    out->dialect = (int)chat_sql_int(s, 1);
    out->created = chat_sql_int(s, 2);
    out->used = chat_sql_int(s, 3);
    chat_sql_end(s);
    return APR_SUCCESS;
}

apr_status_t chat_session_set_used(chat_tx_t *tx, const char *hash, apr_time_t now)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_session_touch, "is", (apr_int64_t)now, hash);
}

apr_status_t chat_session_delete(chat_tx_t *tx, const char *hash)
{
    apr_int64_t changed = 0;
    apr_status_t rv = chat_sql_do(&changed, tx, CHAT_SQL_session_delete, "s", hash);
    return rv == APR_SUCCESS && !changed ? CHAT_NOTFOUND : rv;
}
