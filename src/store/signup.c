/* SPDX-License-Identifier: Apache-2.0 */
#include "store/signup.h"

#include "store/db.h"

apr_status_t chat_activation_insert(chat_tx_t *tx, const char *hash, apr_int64_t account)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_activation_insert, "si", hash, account);
}

apr_status_t chat_activation_find(apr_int64_t *account, chat_tx_t *tx, const char *hash)
{
    return chat_sql_one(account, tx, CHAT_SQL_activation_find, "s", hash);
}

apr_status_t chat_second_put(chat_tx_t *tx, apr_int64_t account, const char *hash,
                             apr_time_t expires)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_second_put, "isi", account, hash,
                       (apr_int64_t)expires);
}

apr_status_t chat_second_find(const char **hash, chat_tx_t *tx, apr_int64_t account,
                              apr_time_t now, apr_pool_t *pool)
{
    chat_stmt_t *s;
    apr_status_t rv =
        chat_sql(&s, tx, CHAT_SQL_second_find, "ii", account, (apr_int64_t)now);
    if (rv == APR_SUCCESS)
        rv = chat_sql_row(s);
    if (rv != APR_SUCCESS)
        return rv;
    *hash = chat_sql_text(s, 0, NULL, pool);
    chat_sql_end(s);
    return APR_SUCCESS;
}

apr_status_t chat_second_delete(chat_tx_t *tx, apr_int64_t account)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_second_delete, "i", account);
}

apr_status_t chat_session_end_others(chat_tx_t *tx, apr_int64_t account, int dialect)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_session_delete_other_dialects, "ii", account,
                       (apr_int64_t)dialect);
}

apr_status_t chat_approval_insert(chat_tx_t *tx, apr_int64_t owner, apr_int64_t requester,
                                  apr_time_t now)
{
    apr_int64_t changed = 0;
    apr_status_t rv = chat_sql_do(&changed, tx, CHAT_SQL_approval_insert, "iii", owner,
                                  requester, (apr_int64_t)now);
    return rv == APR_SUCCESS && !changed ? CHAT_CONFLICT : rv;
}

apr_status_t chat_approval_find(chat_approval_state_t *out, chat_tx_t *tx,
                                apr_int64_t owner, apr_int64_t requester)
{
    apr_int64_t state = 0;
    apr_status_t rv =
        chat_sql_one(&state, tx, CHAT_SQL_approval_state, "ii", owner, requester);
    *out = (chat_approval_state_t)state;
    return rv;
}

apr_status_t chat_approval_set(chat_tx_t *tx, apr_int64_t owner, apr_int64_t requester,
                               chat_approval_state_t state)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_approval_set, "iii", (apr_int64_t)state, owner,
                       requester);
}

apr_status_t chat_approval_list(chat_approval_t **out, int *n, chat_tx_t *tx,
                                apr_int64_t owner, int limit, apr_pool_t *pool)
{
    apr_array_header_t *list = apr_array_make(pool, 8, sizeof(chat_approval_t));
    chat_stmt_t *s;
    apr_status_t rv =
        chat_sql(&s, tx, CHAT_SQL_approval_list, "ii", owner, (apr_int64_t)limit);
    if (rv != APR_SUCCESS)
        return rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS) {
        chat_approval_t *a = apr_array_push(list);
        a->name = chat_sql_text(s, 0, NULL, pool);
        a->state = (chat_approval_state_t)chat_sql_int(s, 1);
        a->created = chat_sql_int(s, 2);
    }
    *out = (chat_approval_t *)list->elts;
    *n = list->nelts;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}
