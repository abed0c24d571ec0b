/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a trial, and their removal. */
#include "store/trial.h"

#include "store/db.h"

static void read_account(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_trial_account_t *out = row;
    out->id = chat_sql_int(s, 0);
    out->external = chat_sql_text(s, 1, NULL, pool);
}

apr_status_t chat_trial_list(chat_trial_account_t **out, int *n, chat_tx_t *tx,
                             apr_int64_t room, apr_pool_t *pool)
{
    static const chat_sql_kind_t accounts = {read_account, sizeof(chat_trial_account_t)};
    return chat_sql_list(out, n, &accounts,
                         chat_sql(tx, CHAT_SQL_trial_list, "iss", room, CHAT_TRIAL_MARK,
                                  CHAT_TRIAL_MARK "~"),
                         pool);
}

apr_status_t chat_trial_channel(const chat_channel_t *c, chat_tx_t *tx, const char *key,
                                apr_int64_t creator)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_trial_channel, "iisssisdi", c->id, c->room,
                       c->uuid, c->name, key, creator, c->creator, c->public, c->created);
}

apr_status_t chat_trial_drop(chat_tx_t *tx, apr_int64_t room, apr_int64_t id,
                             apr_int64_t since)
{
    static const chat_sql_id_t drops[] = {
        CHAT_SQL_trial_drop_versions,   CHAT_SQL_trial_drop_reactions,
        CHAT_SQL_trial_drop_mentions,   CHAT_SQL_trial_drop_reports,
        CHAT_SQL_trial_drop_replies,    CHAT_SQL_trial_drop_gaps,
        CHAT_SQL_trial_drop_recipients, CHAT_SQL_trial_drop_messages,
        CHAT_SQL_trial_drop_received,   CHAT_SQL_trial_drop_holes,
        CHAT_SQL_trial_drop_mentioned,  CHAT_SQL_trial_drop_members,
        CHAT_SQL_trial_drop_channels,   CHAT_SQL_trial_drop_memberships,
        CHAT_SQL_trial_drop_sessions,   CHAT_SQL_trial_drop_approvals,
        CHAT_SQL_trial_drop_paces,      CHAT_SQL_trial_drop_mutes,
        CHAT_SQL_trial_drop_marks,      CHAT_SQL_trial_drop_account};
    apr_status_t rv = chat_sql_do(NULL, tx, CHAT_SQL_trial_adopt, "ii", id, id);
    if (rv == APR_SUCCESS)
        rv = chat_sql_do(NULL, tx, CHAT_SQL_trial_drop_events, "iiiii",
                         CHAT_ROW_ID(room, since), CHAT_ROW_ID(room + 1, 0), id, id, id);
    for (apr_size_t i = 0; rv == APR_SUCCESS && i < sizeof(drops) / sizeof(*drops); i++)
        rv = chat_sql_do(NULL, tx, drops[i], "i", id);
    return rv;
}

apr_status_t chat_trial_drop_visitor(chat_tx_t *tx, const char *hash)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_trial_drop_visitor, "s", hash);
}
