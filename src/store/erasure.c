/* SPDX-License-Identifier: Apache-2.0 */
/* The end of all that names an account. */
#include "store/erasure.h"

#include "store/db.h"

static apr_status_t drop_owned(chat_tx_t *tx, apr_int64_t id)
{
    apr_status_t rv = APR_SUCCESS;
    for (int t = 0; t < CHAT_TABLES; t++)
        for (int i = 0; rv == APR_SUCCESS && i < chat_tables[t].n; i++)
            if (chat_tables[t].column[i].owned)
                rv = chat_sql_do(NULL, tx, chat_tables[t].column[i].drop, "i", id);
    return rv;
}

/* Names beside ids. */
static apr_status_t rename_rows(chat_tx_t *tx, apr_int64_t id, const char *erased)
{
    static const struct {
        chat_sql_id_t id;
        int empty; /* a text, not a name */
    } rows[] = {
        {CHAT_SQL_erasure_author, 0},  {CHAT_SQL_erasure_reply_author, 0},
        {CHAT_SQL_erasure_creator, 0}, {CHAT_SQL_erasure_actor, 0},
        {CHAT_SQL_erasure_target, 0},  {CHAT_SQL_erasure_reporter, 1},
        {CHAT_SQL_erasure_closer, 1},
    };
    apr_status_t rv = APR_SUCCESS;
    for (apr_size_t i = 0; rv == APR_SUCCESS && i < sizeof(rows) / sizeof(*rows); i++)
        rv = chat_sql_do(NULL, tx, rows[i].id, "si", rows[i].empty ? "" : erased, id);
    return rv;
}

/* Names in lists, which have no ids. */
static apr_status_t rename_lists(chat_tx_t *tx, const chat_identity_t *a,
                                 const char *erased, apr_pool_t *pool)
{
    const apr_int64_t low = CHAT_ROW_ID(a->room, 0), high = CHAT_ROW_ID(a->room + 1, 0);
    const char *blanks = apr_pstrcat(pool, " ", a->name, " ", NULL);
    const char *lines = apr_pstrcat(pool, "\n", a->name, "\n", NULL);
    const char *new_lines = apr_pstrcat(pool, "\n", erased, "\n", NULL);
    apr_status_t rv =
        chat_sql_do(NULL, tx, CHAT_SQL_erasure_recipients, "ssiiss", blanks,
                    apr_pstrcat(pool, " ", erased, " ", NULL), low, high, "%\n%", blanks);
    if (rv == APR_SUCCESS)
        rv = chat_sql_do(NULL, tx, CHAT_SQL_erasure_recipient_lines, "sssiis", "\n",
                         lines, new_lines, low, high, "%\n%");
    if (rv == APR_SUCCESS)
        rv = chat_sql_do(NULL, tx, CHAT_SQL_erasure_mentions, "sssiis", "\n", lines,
                         new_lines, low, high, "%\n%");
    if (rv == APR_SUCCESS)
        rv = chat_sql_do(NULL, tx, CHAT_SQL_erasure_events, "iiis", low, high, a->id,
                         a->name);
    return rv;
}

apr_status_t chat_erasure(chat_tx_t *tx, const chat_identity_t *a, const char *erased,
                          apr_pool_t *pool)
{
    apr_status_t rv = chat_account_erase(tx, a->id);
    if (rv == APR_SUCCESS)
        rv = drop_owned(tx, a->id);
    if (rv == APR_SUCCESS)
        rv =
            chat_sql_do(NULL, tx, CHAT_SQL_erasure_account, "ssi", erased, erased, a->id);
    if (rv == APR_SUCCESS)
        rv = chat_sql_do(NULL, tx, CHAT_SQL_erasure_outbox, "i", a->id);
    if (rv == APR_SUCCESS)
        rv = rename_rows(tx, a->id, erased);
    if (rv == APR_SUCCESS)
        rv = chat_sql_do(NULL, tx, CHAT_SQL_erasure_emergency, "sis", erased, a->room,
                         a->name);
    if (rv == APR_SUCCESS)
        rv = chat_sql_do(NULL, tx, CHAT_SQL_erasure_network, "ss", erased, a->name);
    return rv == APR_SUCCESS ? rename_lists(tx, a, erased, pool) : rv;
}
