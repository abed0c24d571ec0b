/* SPDX-License-Identifier: Apache-2.0 */
#include "store/invite.h"

#include "store/db.h"

apr_status_t chat_invite_insert(chat_tx_t *tx, const chat_invite_t *i)
{
    apr_int64_t changed = 0;
    apr_status_t rv = chat_sql_do(&changed, tx, CHAT_SQL_invite_insert, "siziii", i->hash,
                                  i->room, i->creator, i->uses, (apr_int64_t)i->expires,
                                  (apr_int64_t)i->created);
    return rv == APR_SUCCESS && !changed ? CHAT_CONFLICT : rv;
}

apr_status_t chat_invite_find(chat_invite_t *out, chat_tx_t *tx, apr_int64_t room,
                              const char *hash)
{
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_invite_find, "si", hash, room);
    if (rv == APR_SUCCESS)
        rv = chat_sql_row(s);
    if (rv != APR_SUCCESS)
        return rv;
    *out = (chat_invite_t){.hash = hash, .room = room};
    out->uses = chat_sql_int(s, 0);
    out->expires = chat_sql_int(s, 1);
    chat_sql_end(s);
    return APR_SUCCESS;
}

apr_status_t chat_invite_use(chat_tx_t *tx, apr_int64_t room, const char *hash,
                             apr_time_t now)
{
    apr_int64_t changed = 0;
    apr_status_t rv = chat_sql_do(&changed, tx, CHAT_SQL_invite_use, "sii", hash, room,
                                  (apr_int64_t)now);
    return rv == APR_SUCCESS && !changed ? CHAT_NOTFOUND : rv;
}
