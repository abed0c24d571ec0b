/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of Discord codes, persons and links. */
#include "store/discord.h"

#include "store/db.h"

apr_status_t chat_discord_code_put(chat_tx_t *tx, apr_int64_t account, const char *hash,
                                   apr_time_t expires)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_discord_code_put, "isi", account, hash,
                       expires);
}

typedef struct code_t {
    apr_int64_t account;
    apr_time_t expires;
} code_t;

static void read_code(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    code_t *out = row;
    (void)pool;
    out->account = chat_sql_int(s, 0);
    out->expires = chat_sql_int(s, 1);
}

apr_status_t chat_discord_code_take(apr_int64_t *account, chat_tx_t *tx, const char *hash,
                                    apr_time_t now)
{
    code_t code;
    apr_status_t rv = chat_sql_first(
        &code, read_code, chat_sql(tx, CHAT_SQL_discord_code_take, "s", hash), NULL);
    if (rv != APR_SUCCESS)
        return rv;
    *account = code.account;
    return code.expires > now ? APR_SUCCESS : CHAT_NOTFOUND;
}

apr_status_t chat_discord_person_put(chat_tx_t *tx, apr_int64_t room,
                                     const char *discord_id, apr_int64_t account,
                                     apr_time_t now)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_discord_person_put, "isii", room, discord_id,
                       account, now);
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

static void read_name(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    const char **out = row;
    *out = chat_sql_text(s, 0, NULL, pool);
}

apr_status_t chat_discord_channel_name(const char **name, chat_tx_t *tx,
                                       apr_int64_t account, const char *discord_id,
                                       apr_pool_t *pool)
{
    return chat_sql_first(
        name, read_name,
        chat_sql(tx, CHAT_SQL_link_of_channel, "is", account, discord_id), pool);
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

/* ---- links ---- */

static void read_link(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_link_t *out = row;
    out->account = 0;
    out->name_key = NULL;
    out->account_name = chat_sql_text(s, 0, NULL, pool);
    out->name = chat_sql_text(s, 1, NULL, pool);
    out->person = chat_sql_int(s, 2) == 2;
    out->discord_id = chat_sql_text(s, 3, NULL, pool);
}

apr_status_t chat_link_find(chat_link_t *out, chat_tx_t *tx, apr_int64_t account,
                            const char *key, apr_pool_t *pool)
{
    apr_status_t rv = chat_sql_first(
        out, read_link, chat_sql(tx, CHAT_SQL_link_find, "is", account, key), pool);
    out->account = account;
    return rv;
}

apr_status_t chat_link_put(chat_tx_t *tx, const chat_link_t *link, apr_time_t now)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_link_put, "issdsi", link->account,
                       link->name_key, link->name, link->person ? 2 : 1, link->discord_id,
                       now);
}

apr_status_t chat_link_delete(chat_tx_t *tx, apr_int64_t account, const char *key)
{
    return chat_sql_change(tx, CHAT_NOTFOUND, CHAT_SQL_link_delete, "is", account, key);
}

apr_status_t chat_link_all(chat_link_t **out, int *n, chat_tx_t *tx, apr_int64_t room,
                           apr_pool_t *pool)
{
    static const chat_sql_kind_t links = {read_link, sizeof(chat_link_t)};
    return chat_sql_list(out, n, &links, chat_sql(tx, CHAT_SQL_link_list, "i", room),
                         pool);
}
