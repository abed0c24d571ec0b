/* SPDX-License-Identifier: Apache-2.0 */
#include "store/channel.h"

#include "store/db.h"

static void read_channel(chat_channel_t *out, chat_stmt_t *s, apr_pool_t *pool)
{
    out->id = chat_sql_int(s, 0);
    out->room = chat_sql_int(s, 1);
    out->uuid = chat_sql_text(s, 2, NULL, pool);
    out->name = chat_sql_text(s, 3, NULL, pool);
    out->description = chat_sql_text(s, 4, NULL, pool);
    out->creator = chat_sql_text(s, 5, NULL, pool);
    out->public = chat_sql_int(s, 6) != 0;
    out->created = chat_sql_int(s, 7);
    out->permissions = chat_sql_null(s, 8) ? -1 : (int)chat_sql_int(s, 8);
    out->joined = chat_sql_int(s, 9) != 0;
}

static apr_status_t one_channel(chat_channel_t *out, chat_stmt_t *s, apr_status_t rv,
                                apr_pool_t *pool)
{
    if (rv == APR_SUCCESS)
        rv = chat_sql_row(s);
    if (rv != APR_SUCCESS)
        return rv;
    read_channel(out, s, pool);
    chat_sql_end(s);
    return APR_SUCCESS;
}

apr_status_t chat_channel_by_name(chat_channel_t *out, chat_tx_t *tx, apr_int64_t account,
                                  apr_int64_t room, const char *key, apr_pool_t *pool)
{
    chat_stmt_t *s = NULL;
    apr_status_t rv =
        chat_sql(&s, tx, CHAT_SQL_channel_by_name, "iis", account, room, key);
    return one_channel(out, s, rv, pool);
}

apr_status_t chat_channel_by_id(chat_channel_t *out, chat_tx_t *tx, apr_int64_t account,
                                apr_int64_t id, apr_pool_t *pool)
{
    chat_stmt_t *s = NULL;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_channel_by_id, "ii", account, id);
    return one_channel(out, s, rv, pool);
}

apr_status_t chat_channel_by_uuid(chat_channel_t *out, chat_tx_t *tx, apr_int64_t account,
                                  const char *uuid, apr_pool_t *pool)
{
    chat_stmt_t *s = NULL;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_channel_by_uuid, "is", account, uuid);
    return one_channel(out, s, rv, pool);
}

static apr_status_t many(chat_channels_t *out, chat_stmt_t *s, apr_status_t rv,
                         apr_pool_t *pool)
{
    apr_array_header_t *list = apr_array_make(pool, 16, sizeof(chat_channel_t));
    if (rv != APR_SUCCESS)
        return rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS)
        read_channel(apr_array_push(list), s, pool);
    out->list = (chat_channel_t *)list->elts;
    out->n = list->nelts;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t chat_channel_joined(chat_channels_t *out, chat_tx_t *tx, apr_int64_t account,
                                 apr_pool_t *pool)
{
    chat_stmt_t *s = NULL;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_channel_joined, "i", account);
    return many(out, s, rv, pool);
}

apr_status_t chat_channel_visible(chat_channels_t *out, chat_tx_t *tx,
                                  apr_int64_t account, apr_int64_t room, apr_pool_t *pool)
{
    chat_stmt_t *s = NULL;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_channel_visible, "ii", account, room);
    return many(out, s, rv, pool);
}

apr_status_t chat_channel_public(chat_channels_t *out, chat_tx_t *tx, apr_int64_t room,
                                 int limit, apr_pool_t *pool)
{
    chat_stmt_t *s = NULL;
    apr_status_t rv =
        chat_sql(&s, tx, CHAT_SQL_channel_public, "ii", room, (apr_int64_t)limit);
    return many(out, s, rv, pool);
}

apr_status_t chat_channel_all(chat_channels_t *out, chat_tx_t *tx, apr_int64_t room,
                              apr_pool_t *pool)
{
    chat_stmt_t *s = NULL;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_channel_all, "i", room);
    return many(out, s, rv, pool);
}

apr_status_t chat_channel_insert(apr_int64_t *id, chat_tx_t *tx, const chat_channel_t *c,
                                 const char *key, apr_int64_t creator)
{
    apr_status_t rv =
        chat_sql_one(id, tx, CHAT_SQL_channel_insert, "isssszsii", c->room, c->uuid,
                     c->name, key, c->description, creator, c->creator,
                     (apr_int64_t)c->public, (apr_int64_t)c->created);
    return rv == CHAT_NOTFOUND ? CHAT_CONFLICT : rv;
}

apr_status_t chat_channel_set_deleted(chat_tx_t *tx, apr_int64_t id, apr_time_t now)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_channel_delete, "ii", (apr_int64_t)now, id);
}

apr_status_t chat_channel_member_names(const char ***out, int *n, chat_tx_t *tx,
                                       apr_int64_t channel, apr_pool_t *pool)
{
    apr_array_header_t *names = apr_array_make(pool, 16, sizeof(const char *));
    chat_stmt_t *s;
    apr_status_t rv = chat_sql(&s, tx, CHAT_SQL_channel_members, "i", channel);
    if (rv != APR_SUCCESS)
        return rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS)
        APR_ARRAY_PUSH(names, const char *) = chat_sql_text(s, 0, NULL, pool);
    *out = (const char **)names->elts;
    *n = names->nelts;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t chat_channel_count(apr_int64_t *n, chat_tx_t *tx, apr_int64_t room,
                                apr_int64_t creator)
{
    return chat_sql_one(n, tx, CHAT_SQL_channel_count, "ii", room, creator);
}

apr_status_t chat_membership_count(apr_int64_t *n, chat_tx_t *tx, apr_int64_t account)
{
    return chat_sql_one(n, tx, CHAT_SQL_membership_count, "i", account);
}

apr_status_t chat_membership_put(chat_tx_t *tx, const chat_membership_t *m,
                                 apr_time_t now)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_membership_put, "iiiii", m->account, m->channel,
                       (apr_int64_t)m->permissions, (apr_int64_t)m->joined,
                       (apr_int64_t)now);
}

apr_status_t chat_membership_delete(chat_tx_t *tx, apr_int64_t account,
                                    apr_int64_t channel)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_membership_delete, "ii", account, channel);
}
