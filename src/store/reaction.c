/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of reactions. */
#include "store/reaction.h"

#include "store/db.h"

apr_status_t chat_reaction_put(chat_tx_t *tx, apr_int64_t message, const char *emoji,
                               apr_int64_t account, apr_time_t now)
{
    return chat_sql_change(tx, CHAT_CONFLICT, CHAT_SQL_reaction_put, "isii", message,
                           emoji, account, now);
}

apr_status_t chat_reaction_remove(chat_tx_t *tx, apr_int64_t message, const char *emoji,
                                  apr_int64_t account)
{
    return chat_sql_change(tx, CHAT_NOTFOUND, CHAT_SQL_reaction_remove, "isi", message,
                           emoji, account);
}

static void read_reaction(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_reaction_t *out = row;
    out->message = chat_sql_int(s, 0);
    out->emoji = chat_sql_text(s, 1, NULL, pool);
    out->count = chat_sql_int(s, 2);
    out->mine = chat_sql_int(s, 3) != 0;
}

static const chat_sql_kind_t reactions = {read_reaction, sizeof(chat_reaction_t)};

apr_status_t chat_reaction_by(chat_reactions_t *out, chat_tx_t *tx, apr_int64_t account,
                              int limit, apr_pool_t *pool)
{
    return chat_sql_list(&out->list, &out->n, &reactions,
                         chat_sql(tx, CHAT_SQL_reaction_by, "id", account, limit), pool);
}

apr_status_t chat_reaction_of(chat_reactions_t *out, chat_tx_t *tx, apr_int64_t reader,
                              const char *ids, apr_pool_t *pool)
{
    return chat_sql_list(&out->list, &out->n, &reactions,
                         chat_sql(tx, CHAT_SQL_reaction_of, "is", reader, ids), pool);
}

apr_status_t chat_reaction_delete(chat_tx_t *tx, apr_int64_t message)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_reaction_delete, "i", message);
}
