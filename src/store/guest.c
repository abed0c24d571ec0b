/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of guests. */
#include "store/guest.h"

#include "base/skeleton.h"
#include "store/chatroom_counter.h"
#include "store/db.h"
#include "store/event.h"
#include "store/skeleton.h"

apr_status_t chat_guest_set_used(chat_tx_t *tx, apr_int64_t id, apr_time_t now)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_guest_set_used, "ii", now, id);
}

apr_status_t chat_guest_used(apr_time_t *out, chat_tx_t *tx, apr_int64_t id)
{
    return chat_sql_one(out, tx, CHAT_SQL_guest_used, "i", id);
}

apr_status_t chat_guest_promote(chat_tx_t *tx, apr_int64_t id, const chat_account_t *a,
                                apr_pool_t *pool)
{
    chat_identity_t other;
    apr_status_t rv = chat_identity_by_name(&other, tx, a->who.room, a->name_key, pool);
    if (rv == CHAT_NOTFOUND)
        rv = chat_skeleton_account(tx, a->who.room, a->who.name, pool);
    if (rv != CHAT_NOTFOUND)
        return rv == APR_SUCCESS ? CHAT_CONFLICT : rv;
    return chat_sql_do(NULL, tx, CHAT_SQL_guest_promote, "ssssdi", a->who.name,
                       a->name_key, chat_name_skeleton(a->who.name, pool),
                       a->password_hash, a->who.rank, id);
}

static apr_status_t close_guest(chat_tx_t *tx, const chat_identity_t *who)
{
    chat_event_t e = {.kind = CHAT_EVENT_ACCOUNT_CHANGED, .account = who->id};
    apr_int64_t number;
    apr_status_t rv = chat_account_erase(tx, who->id);
    if (rv == APR_SUCCESS)
        rv = chat_sql_do(NULL, tx, CHAT_SQL_guest_free_name, "i", who->id);
    if (rv == APR_SUCCESS)
        rv = chat_tx_number(&number, &e.created, tx, who->room);
    if (rv != APR_SUCCESS)
        return rv;
    e.id = CHAT_ROW_ID(who->room, number);
    return chat_event_insert(tx, &e);
}

static void read_guest(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_identity_t *out = row;
    (void)pool;
    out->id = chat_sql_int(s, 0);
    out->room = chat_sql_int(s, 1);
}

apr_status_t chat_guest_clean(int *n, chat_tx_t *tx, apr_time_t time, int limit,
                              apr_pool_t *pool)
{
    static const chat_sql_kind_t guests = {read_guest, sizeof(chat_identity_t)};
    chat_identity_t *list;
    apr_status_t rv = chat_sql_list(
        &list, n, &guests, chat_sql(tx, CHAT_SQL_guest_unused, "id", time, limit), pool);
    for (int i = 0; rv == APR_SUCCESS && i < *n; i++)
        rv = close_guest(tx, &list[i]);
    return rv;
}
