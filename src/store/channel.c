/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of channels and memberships. */
#include "store/channel.h"

#include "base/crypt.h"
#include "base/skeleton.h"
#include "store/db.h"

static void read_channel(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_channel_t *out = row;
    out->id = chat_sql_int(s, 0);
    out->room = chat_sql_int(s, 1);
    out->uuid = chat_sql_text(s, 2, NULL, pool);
    out->name = chat_sql_text(s, 3, NULL, pool);
    out->description = chat_sql_text(s, 4, NULL, pool);
    out->creator = chat_sql_text(s, 5, NULL, pool);
    out->public = chat_sql_int(s, 6) != 0;
    out->created = chat_sql_int(s, 7);
    out->slow = (int)chat_sql_int(s, 8);
    out->permissions = chat_sql_null(s, 9) ? -1 : (int)chat_sql_int(s, 9);
    out->joined = chat_sql_int(s, 10) != 0;
}

apr_status_t chat_channel_by_name(chat_channel_t *out, chat_tx_t *tx, apr_int64_t account,
                                  apr_int64_t room, const char *key, apr_pool_t *pool)
{
    return chat_sql_first(
        out, read_channel,
        chat_sql(tx, CHAT_SQL_channel_by_name, "iis", account, room, key), pool);
}

apr_status_t chat_channel_by_id(chat_channel_t *out, chat_tx_t *tx, apr_int64_t account,
                                apr_int64_t id, apr_pool_t *pool)
{
    return chat_sql_first(out, read_channel,
                          chat_sql(tx, CHAT_SQL_channel_by_id, "ii", account, id), pool);
}

apr_status_t chat_channel_by_uuid(chat_channel_t *out, chat_tx_t *tx, apr_int64_t account,
                                  const char *uuid, apr_pool_t *pool)
{
    return chat_sql_first(out, read_channel,
                          chat_sql(tx, CHAT_SQL_channel_by_uuid, "is", account, uuid),
                          pool);
}

static apr_status_t many(chat_channels_t *out, chat_stmt_t *s, apr_pool_t *pool)
{
    static const chat_sql_kind_t channels = {read_channel, sizeof(chat_channel_t)};
    return chat_sql_list(&out->list, &out->n, &channels, s, pool);
}

apr_status_t chat_channel_joined(chat_channels_t *out, chat_tx_t *tx, apr_int64_t account,
                                 apr_pool_t *pool)
{
    return many(out, chat_sql(tx, CHAT_SQL_channel_joined, "i", account), pool);
}

apr_status_t chat_channel_visible(chat_channels_t *out, chat_tx_t *tx,
                                  apr_int64_t account, apr_int64_t room, apr_pool_t *pool)
{
    return many(out, chat_sql(tx, CHAT_SQL_channel_visible, "ii", account, room), pool);
}

apr_status_t chat_channel_public(chat_channels_t *out, chat_tx_t *tx, apr_int64_t room,
                                 int limit, apr_pool_t *pool)
{
    return many(out, chat_sql(tx, CHAT_SQL_channel_public, "id", room, limit), pool);
}

apr_status_t chat_channel_all(chat_channels_t *out, chat_tx_t *tx, apr_int64_t room,
                              apr_pool_t *pool)
{
    return many(out, chat_sql(tx, CHAT_SQL_channel_all, "i", room), pool);
}

apr_status_t chat_channel_made_by(chat_channels_t *out, chat_tx_t *tx, apr_int64_t room,
                                  apr_int64_t creator, apr_pool_t *pool)
{
    return many(out, chat_sql(tx, CHAT_SQL_channel_made_by, "ii", room, creator), pool);
}

apr_status_t chat_channel_insert(apr_int64_t *id, chat_tx_t *tx, const chat_channel_t *c,
                                 const char *key, apr_int64_t creator)
{
    apr_pool_t *pool;
    apr_status_t rv = apr_pool_create(&pool, NULL);
    if (rv != APR_SUCCESS)
        return rv;
    rv = chat_sql_one(id, tx, CHAT_SQL_channel_insert, "isssszsdis", c->room, c->uuid,
                      c->name, key, c->description, creator, c->creator, c->public,
                      c->created, chat_name_skeleton(c->name, pool));
    apr_pool_destroy(pool);
    return rv == CHAT_NOTFOUND ? CHAT_CONFLICT : rv;
}

apr_status_t chat_channel_insert_default(chat_channel_t *io, chat_tx_t *tx,
                                         apr_int64_t creator, apr_pool_t *pool)
{
    io->uuid = chat_uuid_new(pool);
    io->name = "default";
    io->public = 1;
    io->permissions = -1;
    return chat_channel_insert(&io->id, tx, io, io->name, creator);
}

apr_status_t chat_channel_reached(chat_tx_t *tx, apr_int64_t id)
{
    apr_int64_t one;
    return chat_sql_one(&one, tx, CHAT_SQL_channel_reached, "i", id);
}

apr_status_t chat_channel_set(chat_tx_t *tx, const chat_channel_t *c, const char *key,
                              apr_pool_t *pool)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_channel_set, "ssssddi", c->name, key,
                       chat_name_skeleton(c->name, pool), c->description, c->public,
                       c->slow, c->id);
}

apr_status_t chat_channel_set_deleted(chat_tx_t *tx, apr_int64_t id, apr_time_t now)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_channel_delete, "ii", now, id);
}

static void read_name(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    const char **out = row;
    *out = chat_sql_text(s, 0, NULL, pool);
}

apr_status_t chat_channel_member_names(const char ***out, int *n, chat_tx_t *tx,
                                       apr_int64_t channel, apr_pool_t *pool)
{
    static const chat_sql_kind_t names = {read_name, sizeof(const char *)};
    return chat_sql_list(out, n, &names,
                         chat_sql(tx, CHAT_SQL_channel_members, "i", channel), pool);
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
    apr_status_t rv = chat_sql_do(NULL, tx, CHAT_SQL_membership_put, "iiddi", m->account,
                                  m->channel, m->permissions, m->joined, now);
    return rv == APR_SUCCESS && m->joined
               ? chat_sql_do(NULL, tx, CHAT_SQL_membership_read, "ii", m->account,
                             m->channel)
               : rv;
}

apr_status_t chat_membership_delete(chat_tx_t *tx, apr_int64_t account,
                                    apr_int64_t channel)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_membership_delete, "ii", account, channel);
}

apr_status_t chat_membership_permissions(int *out, chat_tx_t *tx, apr_int64_t account,
                                         apr_int64_t channel)
{
    apr_int64_t permissions = -1;
    apr_status_t rv = chat_sql_one(&permissions, tx, CHAT_SQL_membership_permissions,
                                   "ii", account, channel);
    *out = (int)permissions;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t chat_membership_delete_all(chat_tx_t *tx, apr_int64_t account)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_membership_delete_account, "i", account);
}

static void read_peer(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_peer_t *out = row;
    out->id = chat_sql_int(s, 0);
    out->name = chat_sql_text(s, 1, NULL, pool);
}

static const chat_sql_kind_t peers = {read_peer, sizeof(chat_peer_t)};

apr_status_t chat_channel_peers(chat_peers_t *out, chat_tx_t *tx, apr_int64_t channel,
                                int limit, apr_pool_t *pool)
{
    return chat_sql_list(&out->list, &out->n, &peers,
                         chat_sql(tx, CHAT_SQL_channel_peers, "id", channel, limit),
                         pool);
}

apr_status_t chat_account_peers(chat_peers_t *out, chat_tx_t *tx, apr_int64_t account,
                                int limit, apr_pool_t *pool)
{
    return chat_sql_list(&out->list, &out->n, &peers,
                         chat_sql(tx, CHAT_SQL_account_peers, "id", account, limit),
                         pool);
}
