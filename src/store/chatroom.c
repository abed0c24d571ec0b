/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of chatrooms. */
#include "store/chatroom.h"

#include "base/crypt.h"
#include "store/channel.h"
#include "store/db.h"

static void read_room(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_room_t *out = row;
    out->id = chat_sql_int(s, 0);
    out->uuid = chat_sql_text(s, 1, NULL, pool);
    out->name = chat_sql_text(s, 2, NULL, pool);
    out->owner = chat_sql_int(s, 3);
    out->min_password = chat_sql_int(s, 4);
    out->created = chat_sql_int(s, 5);
    out->last_number = chat_sql_int(s, 6);
    out->keep = chat_sql_int(s, 7);
}

static void read_listed(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_room_listed_t *out = row;
    read_room(&out->room, s, pool);
    out->owner = chat_sql_text(s, 8, NULL, pool);
    out->counts.accounts = chat_sql_int(s, 9);
    out->counts.channels = chat_sql_int(s, 10);
    out->counts.messages = 0;
}

apr_status_t chat_room_by_id(chat_room_t *out, chat_tx_t *tx, apr_int64_t id,
                             apr_pool_t *pool)
{
    return chat_sql_first(out, read_room, chat_sql(tx, CHAT_SQL_room_by_id, "i", id),
                          pool);
}

apr_status_t chat_room_by_uuid(chat_room_t *out, chat_tx_t *tx, const char *uuid,
                               apr_pool_t *pool)
{
    return chat_sql_first(out, read_room, chat_sql(tx, CHAT_SQL_room_by_uuid, "s", uuid),
                          pool);
}

apr_status_t chat_room_all(chat_room_t **out, int *n, chat_tx_t *tx, apr_pool_t *pool)
{
    static const chat_sql_kind_t rooms = {read_room, sizeof(chat_room_t)};
    return chat_sql_list(out, n, &rooms, chat_sql(tx, CHAT_SQL_room_list, ""), pool);
}

apr_status_t chat_room_page(chat_room_listed_t **out, int *n, chat_tx_t *tx,
                            apr_int64_t after, int limit, apr_pool_t *pool)
{
    static const chat_sql_kind_t listed = {read_listed, sizeof(chat_room_listed_t)};
    return chat_sql_list(out, n, &listed,
                         chat_sql(tx, CHAT_SQL_room_page, "id", after, limit), pool);
}

apr_status_t chat_room_insert(apr_int64_t *id, chat_tx_t *tx, const char *uuid,
                              const char *name, apr_time_t now)
{
    apr_status_t rv = chat_sql_one(id, tx, CHAT_SQL_room_insert, "ssi", uuid, name, now);
    if (rv == APR_SUCCESS && *id >= CHAT_ROOM_MAX)
        return CHAT_FULL;
    return rv == CHAT_NOTFOUND ? CHAT_CONFLICT : rv;
}

apr_status_t chat_room_insert_usual(apr_int64_t *id, chat_tx_t *tx, const char *name,
                                    apr_time_t now, apr_pool_t *pool)
{
    chat_channel_t channel = {.created = now};
    apr_status_t rv = chat_room_insert(id, tx, chat_uuid_new(pool), name, now);
    channel.room = *id;
    return rv == APR_SUCCESS ? chat_channel_insert_default(&channel, tx, 0, pool) : rv;
}

apr_status_t chat_room_set_owner(chat_tx_t *tx, apr_int64_t room, apr_int64_t owner)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_room_set_owner, "zi", owner, room);
}

apr_status_t chat_room_set_keep(chat_tx_t *tx, apr_int64_t room, apr_int64_t seconds)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_room_set_keep, "ii", seconds, room);
}

apr_status_t chat_room_count(chat_room_counts_t *out, chat_tx_t *tx, apr_int64_t room)
{
    apr_status_t rv = chat_sql_one(&out->accounts, tx, CHAT_SQL_room_accounts, "i", room);
    if (rv == APR_SUCCESS)
        rv = chat_sql_one(&out->channels, tx, CHAT_SQL_room_channels, "i", room);
    if (rv == APR_SUCCESS)
        rv = chat_sql_one(&out->messages, tx, CHAT_SQL_room_messages, "ii",
                          CHAT_ROW_ID(room, 0), CHAT_ROW_ID(room + 1, 0));
    return rv;
}
