/* SPDX-License-Identifier: Apache-2.0 */
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
