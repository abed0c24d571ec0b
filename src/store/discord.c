/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of Discord codes, persons and links. */
#include "store/discord.h"

#include "store/db.h"

apr_status_t chat_discord_code_put(chat_tx_t *tx, apr_int64_t account, const char *hash,
                                   apr_time_t expires)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_discord_code_put, "isi", account, hash,
                       (apr_int64_t)expires);
}

apr_status_t chat_discord_code_take(apr_int64_t *account, chat_tx_t *tx, const char *hash,
                                    apr_time_t now)
{
    chat_stmt_t *s;
    apr_time_t expires;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_discord_code_take, "s", hash);
    if (rv == APR_SUCCESS)
        rv = chat_sql_row(s);
    if (rv != APR_SUCCESS)
        return rv;
    *account = chat_sql_int(s, 0);
    expires = chat_sql_int(s, 1);
    chat_sql_end(s);
    return expires > now ? APR_SUCCESS : CHAT_NOTFOUND;
}

apr_status_t chat_discord_person_put(chat_tx_t *tx, apr_int64_t room,
                                     const char *discord_id, apr_int64_t account,
                                     apr_time_t now)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_discord_person_put, "isii", room, discord_id,
                       account, (apr_int64_t)now);
}

apr_status_t chat_discord_person_find(apr_int64_t *account, chat_tx_t *tx,
                                      apr_int64_t room, const char *discord_id)
{
    return chat_sql_one(account, tx, CHAT_SQL_discord_person_find, "is", room,
                        discord_id);
}

apr_status_t chat_discord_person_drop(chat_tx_t *tx, apr_int64_t room,
                                      apr_int64_t account, const char *key)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_discord_person_drop, "iiis", account, room,
                       account, key);
}

apr_status_t chat_discord_channel_name(const char **name, chat_tx_t *tx,
                                       apr_int64_t account, const char *discord_id,
                                       apr_pool_t *pool)
{
    chat_stmt_t *s;
    apr_status_t rv =
        chat_sql(&s, tx, CHAT_SQL_link_of_channel, "is", account, discord_id);
    if (rv == APR_SUCCESS)
        rv = chat_sql_row(s);
    if (rv != APR_SUCCESS)
        return rv;
    *name = chat_sql_text(s, 0, NULL, pool);
    chat_sql_end(s);
    return APR_SUCCESS;
}

apr_status_t chat_discord_forget(chat_tx_t *tx, apr_int64_t account)
{
    apr_status_t rv = chat_sql_do(NULL, tx, CHAT_SQL_discord_code_delete, "i", account);
    if (rv == APR_SUCCESS)
        rv =
            chat_sql_do(NULL, tx, CHAT_SQL_discord_person_delete, "ii", account, account);
    if (rv == APR_SUCCESS)
        rv = chat_sql_do(NULL, tx, CHAT_SQL_link_delete_account, "i", account);
    return rv;
}

apr_status_t chat_link_find(chat_link_t *out, chat_tx_t *tx, apr_int64_t account,
                            const char *key, apr_pool_t *pool)
{
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_link_find, "is", account, key);
    if (rv == APR_SUCCESS)
        rv = chat_sql_row(s);
    if (rv != APR_SUCCESS)
        return rv;
    out->account = account;
    out->person = chat_sql_int(s, 0) == 2;
    out->discord_id = chat_sql_text(s, 1, NULL, pool);
    out->name = chat_sql_text(s, 2, NULL, pool);
    chat_sql_end(s);
    return APR_SUCCESS;
}

apr_status_t chat_link_put(chat_tx_t *tx, const chat_link_t *link, apr_time_t now)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_link_put, "issisi", link->account,
                       link->name_key, link->name, (apr_int64_t)(link->person ? 2 : 1),
                       link->discord_id, (apr_int64_t)now);
}

apr_status_t chat_link_delete(chat_tx_t *tx, apr_int64_t account, const char *key)
{
    apr_int64_t changed = 0;
    apr_status_t rv = chat_sql_do(&changed, tx, CHAT_SQL_link_delete, "is", account, key);
    return rv == APR_SUCCESS && !changed ? CHAT_NOTFOUND : rv;
}

apr_status_t chat_link_all(chat_link_t **out, int *n, chat_tx_t *tx, apr_int64_t room,
                           apr_pool_t *pool)
{
    apr_array_header_t *list = apr_array_make(pool, 16, sizeof(chat_link_t));
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_link_list, "i", room);
    if (rv != APR_SUCCESS)
        return rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS) {
        chat_link_t *link = apr_array_push(list);
        link->account = 0;
        link->name_key = NULL;
        link->account_name = chat_sql_text(s, 0, NULL, pool);
        link->name = chat_sql_text(s, 1, NULL, pool);
        link->person = chat_sql_int(s, 2) == 2;
        link->discord_id = chat_sql_text(s, 3, NULL, pool);
    }
    *out = (chat_link_t *)list->elts;
    *n = list->nelts;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}
