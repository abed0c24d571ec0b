/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of approved lists. */
#include "store/approval.h"

#include "store/db.h"

apr_status_t chat_approval_insert(chat_tx_t *tx, apr_int64_t owner, apr_int64_t requester,
                                  apr_time_t now)
{
    return chat_sql_change(tx, CHAT_CONFLICT, CHAT_SQL_approval_insert, "iii", owner,
                           requester, now);
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
    return chat_sql_do(NULL, tx, CHAT_SQL_approval_set, "dii", state, owner, requester);
}

static void read_approval(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_approval_t *out = row;
    out->name = chat_sql_text(s, 0, NULL, pool);
    out->state = (chat_approval_state_t)chat_sql_int(s, 1);
    out->created = chat_sql_int(s, 2);
}

apr_status_t chat_approval_list(chat_approval_t **out, int *n, chat_tx_t *tx,
                                apr_int64_t owner, int limit, apr_pool_t *pool)
{
    static const chat_sql_kind_t approvals = {read_approval, sizeof(chat_approval_t)};
    return chat_sql_list(out, n, &approvals,
                         chat_sql(tx, CHAT_SQL_approval_list, "id", owner, limit), pool);
}
