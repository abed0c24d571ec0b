/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of activations and of mailed passwords. */
#include "store/activation.h"

#include "store/db.h"

apr_status_t chat_activation_insert(chat_tx_t *tx, const char *hash, apr_int64_t account)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_activation_insert, "si", hash, account);
}

apr_status_t chat_activation_find(apr_int64_t *account, chat_tx_t *tx, const char *hash)
{
    return chat_sql_one(account, tx, CHAT_SQL_activation_find, "s", hash);
}

apr_status_t chat_activation_delete(chat_tx_t *tx, apr_int64_t account)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_activation_delete_account, "i", account);
}

apr_status_t chat_second_put(chat_tx_t *tx, apr_int64_t account, const char *hash,
                             apr_time_t expires)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_second_put, "isi", account, hash, expires);
}

static void read_text(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    const char **out = row;
    *out = chat_sql_text(s, 0, NULL, pool);
}

apr_status_t chat_second_find(const char **hash, chat_tx_t *tx, apr_int64_t account,
                              apr_time_t now, apr_pool_t *pool)
{
    return chat_sql_first(hash, read_text,
                          chat_sql(tx, CHAT_SQL_second_find, "ii", account, now), pool);
}

apr_status_t chat_second_delete(chat_tx_t *tx, apr_int64_t account)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_second_delete, "i", account);
}
