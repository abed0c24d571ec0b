/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the audit log. */
#include "store/audit.h"

#include "store/db.h"

apr_status_t chat_audit_insert(chat_tx_t *tx, const chat_audit_t *a)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_audit_insert, "iizssszzzs", a->room, a->at,
                       a->actor_id, a->actor, a->act, a->target, a->target_id, a->message,
                       a->channel, a->reason);
}

static void read_audit(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_audit_t *out = row;
    *out = (chat_audit_t){.id = chat_sql_int(s, 0), .at = chat_sql_int(s, 1)};
    out->actor = chat_sql_text(s, 2, NULL, pool);
    out->act = chat_sql_text(s, 3, NULL, pool);
    out->target = chat_sql_text(s, 4, NULL, pool);
    out->message = chat_sql_int(s, 5);
    out->reason = chat_sql_text(s, 6, NULL, pool);
}

apr_status_t chat_audit_page(chat_audit_t **out, int *n, chat_tx_t *tx,
                             const chat_audit_t *like, apr_int64_t before, int limit,
                             apr_pool_t *pool)
{
    static const chat_sql_kind_t entries = {read_audit, sizeof(chat_audit_t)};
    chat_stmt_t *s =
        like->target_id
            ? chat_sql(tx, CHAT_SQL_audit_page_target, "iiid", like->room,
                       like->target_id, before, limit)
            : chat_sql(tx, CHAT_SQL_audit_page, "iid", like->room, before, limit);
    return chat_sql_list(out, n, &entries, s, pool);
}

apr_status_t chat_audit_seen(chat_tx_t *tx, apr_int64_t room, apr_int64_t target,
                             apr_int64_t message, apr_int64_t actor)
{
    apr_int64_t id;
    return chat_sql_one(&id, tx, CHAT_SQL_audit_seen, "iiii", room, target, message,
                        actor);
}

apr_status_t chat_audit_count(apr_int64_t *n, chat_tx_t *tx, apr_int64_t room,
                              apr_int64_t target)
{
    return chat_sql_one(n, tx, CHAT_SQL_audit_count, "ii", room, target);
}
