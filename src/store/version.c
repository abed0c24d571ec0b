/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of earlier texts. */
#include "store/version.h"

#include "store/db.h"

apr_status_t chat_version_keep(chat_tx_t *tx, apr_int64_t message)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_version_keep, "i", message);
}

static void read_version(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_version_t *out = row;
    out->body = chat_sql_text(s, 0, &out->body_len, pool);
    out->written = chat_sql_int(s, 1);
}

apr_status_t chat_version_list(chat_versions_t *out, chat_tx_t *tx, apr_int64_t message,
                               int limit, apr_pool_t *pool)
{
    static const chat_sql_kind_t versions = {read_version, sizeof(chat_version_t)};
    return chat_sql_list(&out->list, &out->n, &versions,
                         chat_sql(tx, CHAT_SQL_version_list, "id", message, limit), pool);
}

apr_status_t chat_version_delete(chat_tx_t *tx, apr_int64_t message)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_version_delete, "i", message);
}
