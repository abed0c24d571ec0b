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
    rv = chat_room_counter(&c, tx, room);
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

/* The transaction holds the row, so the next number is known. Two that hold two chatrooms
 * each could wait for each other. */
static apr_status_t number_held(apr_int64_t *number, apr_time_t *now,
                                chat_tx_room_t *held, apr_int64_t room)
{
    if (held->room != room)
        return CHAT_APART;
    held->dirty = 1;
    *number = ++held->number;
    *now = ++held->time;
    return APR_SUCCESS;
}

apr_status_t chat_tx_number(apr_int64_t *number, apr_time_t *now, chat_tx_t *tx,
                            apr_int64_t room)
{
    chat_room_counter_t c;
    apr_time_t t = apr_time_now();
    apr_status_t rv;
    if (tx->db->engine->one_writer)
        return number_in_group(number, now, tx, room);
    if (tx->shared && tx->rooms_used)
        return number_held(number, now, &tx->rooms[0], room);
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
    if (tx->shared)
        tx->rooms[tx->rooms_used++] =
            (chat_tx_room_t){.room = room, .number = c.number, .time = c.time};
    *number = c.number;
    *now = c.time;
    return APR_SUCCESS;
}
