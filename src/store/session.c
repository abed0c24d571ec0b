/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of sessions. */
#include "store/session.h"

#include "store/db.h"

apr_status_t chat_session_insert(chat_tx_t *tx, const chat_session_t *s)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_session_insert, "sidiis", s->hash, s->account,
                       s->dialect, s->created, s->used, s->address);
}

static void read_session(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_session_t *out = row;
    (void)pool;
    out->hash = out->address = NULL;
    out->account = chat_sql_int(s, 0);
    out->dialect = (int)chat_sql_int(s, 1);
    out->created = chat_sql_int(s, 2);
    out->used = chat_sql_int(s, 3);
}

apr_status_t chat_session_find(chat_session_t *out, chat_tx_t *tx, const char *hash)
{
    return chat_sql_first(out, read_session,
                          chat_sql(tx, CHAT_SQL_session_find, "s", hash), NULL);
}

apr_status_t chat_session_set_used(chat_tx_t *tx, const char *hash, apr_time_t now)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_session_touch, "is", now, hash);
}

apr_status_t chat_session_delete(chat_tx_t *tx, const char *hash)
{
    return chat_sql_change(tx, CHAT_NOTFOUND, CHAT_SQL_session_delete, "s", hash);
}

apr_status_t chat_session_end_others(chat_tx_t *tx, apr_int64_t account, int dialect)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_session_delete_other_dialects, "id", account,
                       dialect);
}

apr_status_t chat_session_end_all(chat_tx_t *tx, apr_int64_t account)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_session_delete_account, "i", account);
}

static void read_listed(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_session_t *out = row;
    read_session(out, s, pool);
    out->hash = chat_sql_text(s, 4, NULL, pool);
    out->address = chat_sql_text(s, 5, NULL, pool);
}

apr_status_t chat_session_list(chat_session_t **out, int *n, chat_tx_t *tx,
                               apr_int64_t account, int limit, apr_pool_t *pool)
{
    static const chat_sql_kind_t sessions = {read_listed, sizeof(chat_session_t)};
    return chat_sql_list(out, n, &sessions,
                         chat_sql(tx, CHAT_SQL_session_list, "id", account, limit), pool);
}

apr_status_t chat_session_end_one(chat_tx_t *tx, apr_int64_t account, const char *id)
{
    return chat_sql_change(tx, CHAT_NOTFOUND, CHAT_SQL_session_end_one, "is", account,
                           id);
}
