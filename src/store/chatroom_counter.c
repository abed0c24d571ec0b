/* SPDX-License-Identifier: Apache-2.0 */
/* The counter of messages and events that each chatroom has. */
#include "store/chatroom_counter.h"

#include "store/db.h"
#include "store/store_log.h"

/* Times may be this much ahead of the clock: those of several web servers differ. */
#define AHEAD_MAX apr_time_from_sec(60)

apr_status_t chat_room_hold(chat_tx_t *tx, const char *uuid)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_room_settle, "s", uuid);
}

static void read_counter(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_room_counter_t *out = row;
    (void)pool;
    out->number = chat_sql_int(s, 0);
    out->time = chat_sql_int(s, 1);
}

static void read_term(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_room_counter_t *out = row;
    read_counter(row, s, pool);
    out->keep = chat_sql_int(s, 2);
}

apr_status_t chat_room_counter(chat_room_counter_t *out, chat_tx_t *tx, apr_int64_t room)
{
    return chat_sql_first(out, read_term, chat_sql(tx, CHAT_SQL_room_counter, "i", room),
                          NULL);
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
    apr_status_t rv = chat_sql_settle(tx);
    for (int i = 0; i < tx->rooms_used && rv == APR_SUCCESS; i++) {
        chat_tx_room_t *r = &tx->rooms[i];
        if (r->dirty)
            rv = chat_sql_do(NULL, tx, CHAT_SQL_room_counter_set, "iii", r->number,
                             r->time, r->room);
        r->dirty = 0;
    }
    return rv;
}

/* On PostgreSQL TX holds the row from now on. */
static apr_status_t load_room(chat_tx_room_t **out, chat_tx_t *tx, apr_int64_t room)
{
    chat_room_counter_t c;
    chat_tx_room_t *r;
    apr_status_t rv;
    if (tx->rooms_used == CHAT_TX_ROOMS) {
        rv = chat_tx_flush(tx);
        if (rv != APR_SUCCESS)
            return rv;
        tx->rooms_used = 0;
        tx->rooms_lost = 1;
    }
    rv = chat_sql_first(&c, read_counter, chat_sql(tx, CHAT_SQL_room_take, "i", room),
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
        chat_store_redated(tx->log, room, *last - now);
    *last = base + id;
    return rv;
}

apr_status_t chat_tx_number(apr_int64_t *number, apr_time_t *now, chat_tx_t *tx,
                            apr_int64_t room)
{
    chat_tx_room_t *r = room_of(tx, room);
    apr_status_t rv = APR_SUCCESS;
    apr_time_t t;
    /* two that hold two chatrooms each could wait for each other */
    if (!r && tx->shared && tx->rooms_used)
        return CHAT_APART;
    if (!r)
        rv = load_room(&r, tx, room);
    if (rv != APR_SUCCESS)
        return rv;
    t = apr_time_now();
    r->number++;
    r->dirty = 1;
    if (r->time > t + AHEAD_MAX)
        rv = redate(&r->time, tx, CHAT_ROW_ID(room, r->number), t);
    else
        r->time = t > r->time ? t : r->time + 1;
    *number = r->number;
    *now = r->time;
    return rv;
}
