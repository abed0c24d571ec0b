/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of chatrooms, and the counter of messages and events that each has. */
#include "store/chatroom.h"

#include "base/crypt.h"
#include "store/channel.h"
#include "store/db.h"
#include "store/store_private.h"

/* Times may be this much ahead of the clock: those of several web servers differ. */
#define AHEAD_MAX apr_time_from_sec(60)

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
}

static void read_listed(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_room_listed_t *out = row;
    read_room(&out->room, s, pool);
    out->owner = chat_sql_text(s, 7, NULL, pool);
    out->counts.accounts = chat_sql_int(s, 8);
    out->counts.channels = chat_sql_int(s, 9);
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

apr_status_t chat_room_insert_first(chat_tx_t *tx, apr_pool_t *pool)
{
    char uuid[CHAT_UUID_SIZE];
    chat_channel_t channel = {.name = "default", .public = 1};
    apr_status_t rv;
    chat_uuid_random(uuid);
    channel.created = apr_time_now();
    rv = chat_room_insert(&channel.room, tx, uuid, "default", channel.created);
    if (rv != APR_SUCCESS)
        return rv;
    chat_uuid_random(uuid);
    channel.uuid = apr_pstrdup(pool, uuid);
    return chat_channel_insert(&channel.id, tx, &channel, "default", 0);
}

apr_status_t chat_room_set_owner(chat_tx_t *tx, apr_int64_t room, apr_int64_t owner)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_room_set_owner, "zi", owner, room);
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

apr_status_t chat_room_hold(chat_tx_t *tx, const char *uuid)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_room_settle, "s", uuid);
}

/* ---- the counter ---- */

typedef struct counter_t {
    apr_int64_t number;
    apr_time_t time;
} counter_t;

static void read_counter(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    counter_t *out = row;
    (void)pool;
    out->number = chat_sql_int(s, 0);
    out->time = chat_sql_int(s, 1);
}

apr_status_t chat_room_counter(apr_int64_t *number, apr_time_t *time, chat_tx_t *tx,
                               apr_int64_t room)
{
    counter_t c = {0, 0};
    apr_status_t rv = chat_sql_first(
        &c, read_counter, chat_sql(tx, CHAT_SQL_room_counter, "i", room), NULL);
    *number = c.number;
    *time = c.time;
    return rv;
}

static chat_tx_room_t *room_of(chat_tx_t *tx, apr_int64_t room)
{
    for (int i = 0; i < tx->rooms_used; i++) {
        if (tx->rooms[i].room == room)
            return &tx->rooms[i];
    }
    return NULL;
}

apr_status_t chat_tx_flush(chat_tx_t *tx)
{
    for (int i = 0; i < tx->rooms_used; i++) {
        chat_tx_room_t *r = &tx->rooms[i];
        apr_status_t rv;
        if (!r->dirty)
            continue;
        rv = chat_sql_do(NULL, tx, CHAT_SQL_room_counter_set, "iii", r->number, r->time,
                         r->room);
        if (rv != APR_SUCCESS)
            return rv;
        r->dirty = 0;
    }
    return APR_SUCCESS;
}

static apr_status_t load_room(chat_tx_room_t **out, chat_tx_t *tx, apr_int64_t room)
{
    counter_t c;
    chat_tx_room_t *r;
    apr_status_t rv;
    if (tx->rooms_used == CHAT_TX_ROOMS) {
        rv = chat_tx_flush(tx);
        if (rv != APR_SUCCESS)
            return rv;
        tx->rooms_used = 0;
        tx->rooms_lost = 1;
    }
    rv = chat_sql_first(&c, read_counter, chat_sql(tx, CHAT_SQL_room_counter, "i", room),
                        NULL);
    if (rv != APR_SUCCESS)
        return rv;
    r = &tx->rooms[tx->rooms_used++];
    *r = (chat_tx_room_t){.room = room, .number = c.number, .time = c.time};
    *out = r;
    return APR_SUCCESS;
}

/* The clock was set back: the chatroom's rows from the future get times just after NOW,
 * so that times still grow with the numbers. *LAST becomes NUMBER's time. */
static apr_status_t redate(apr_time_t *last, chat_tx_t *tx, apr_int64_t id,
                           apr_time_t now)
{
    static const chat_sql_id_t redates[] = {CHAT_SQL_room_redate_messages,
                                            CHAT_SQL_room_redate_events,
                                            CHAT_SQL_room_redate_replies};
    apr_int64_t room = CHAT_ROW_ROOM(id), low = CHAT_ROW_ID(room, 0);
    apr_int64_t end = CHAT_ROW_ID(room + 1, 0), present = low, base;
    apr_status_t rv = chat_sql_one(&present, tx, CHAT_SQL_room_present, "iiiiiii", low,
                                   low, end, now, low, end, now);
    base = now - present;
    for (int i = 0; i < 3 && rv == APR_SUCCESS; i++)
        rv = chat_sql_do(NULL, tx, redates[i], "iii", base, present, end);
    if (rv == APR_SUCCESS)
        chat_store_redated(tx->store, room, *last - now);
    *last = base + id;
    return rv;
}

/* One writer at a time: the counter is read once per group and written back once. */
static apr_status_t number_in_group(apr_int64_t *number, apr_time_t *now, chat_tx_t *tx,
                                    apr_int64_t room)
{
    chat_tx_room_t *r = room_of(tx, room);
    apr_time_t t = apr_time_now();
    if (!r) {
        apr_status_t rv = load_room(&r, tx, room);
        if (rv != APR_SUCCESS)
            return rv;
    }
    r->number++;
    r->dirty = 1;
    if (r->time > t + AHEAD_MAX) {
        apr_status_t rv = redate(&r->time, tx, CHAT_ROW_ID(room, r->number), t);
        if (rv != APR_SUCCESS)
            return rv;
    }
    else {
        r->time = t > r->time ? t : r->time + 1;
    }
    *number = r->number;
    *now = r->time;
    return APR_SUCCESS;
}

apr_status_t chat_tx_number(apr_int64_t *number, apr_time_t *now, chat_tx_t *tx,
                            apr_int64_t room)
{
    counter_t c;
    apr_time_t t = apr_time_now();
    apr_status_t rv;
    if (tx->db->engine->one_writer)
        return number_in_group(number, now, tx, room);
    rv = chat_sql_first(&c, read_counter,
                        chat_sql(tx, CHAT_SQL_room_number, "ii", t, room), NULL);
    if (rv == APR_SUCCESS && c.time > t + AHEAD_MAX) {
        rv = redate(&c.time, tx, CHAT_ROW_ID(room, c.number), t);
        if (rv == APR_SUCCESS)
            rv = chat_sql_do(NULL, tx, CHAT_SQL_room_counter_set, "iii", c.number, c.time,
                             room);
    }
    if (rv != APR_SUCCESS)
        return rv;
    *number = c.number;
    *now = c.time;
    return APR_SUCCESS;
}
