/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of invites. */
#include "store/invite.h"

#include "store/db.h"

apr_status_t chat_invite_insert(chat_tx_t *tx, const chat_invite_t *i)
{
    return chat_sql_change(tx, CHAT_CONFLICT, CHAT_SQL_invite_insert, "siziii", i->hash,
                           i->room, i->creator, i->uses, i->expires, i->created);
}

static void read_invite(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_invite_t *out = row;
    (void)pool;
    out->uses = chat_sql_int(s, 0);
    out->expires = chat_sql_int(s, 1);
}

apr_status_t chat_invite_find(chat_invite_t *out, chat_tx_t *tx, apr_int64_t room,
                              const char *hash)
{
    *out = (chat_invite_t){.hash = hash, .room = room};
    return chat_sql_first(out, read_invite,
                          chat_sql(tx, CHAT_SQL_invite_find, "si", hash, room), NULL);
}

apr_status_t chat_invite_use(chat_tx_t *tx, apr_int64_t room, const char *hash,
                             apr_time_t now)
{
    return chat_sql_change(tx, CHAT_NOTFOUND, CHAT_SQL_invite_use, "sii", hash, room,
                           now);
}
