/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db.h"

#include <stdarg.h>
#include <string.h>

static void read_values(chat_value_t *values, const char *types, va_list ap)
{
    for (; *types; types++, values++) {
        values->is_text = *types == 's' || *types == 't';
        if (values->is_text) {
            values->text = va_arg(ap, const char *);
            values->len = *types == 't'  ? va_arg(ap, apr_size_t)
                          : values->text ? strlen(values->text)
                                         : 0;
            continue;
        }
        values->number = va_arg(ap, apr_int64_t);
        if (*types == 'z' && !values->number) {
            values->is_text = 1;
            values->text = NULL;
        }
    }
}

static apr_status_t start(chat_stmt_t **out, chat_tx_t *tx, chat_sql_id_t id,
                          const char *types, va_list ap)
{
    chat_value_t values[CHAT_SQL_MAX_ARGS];
    chat_stmt_t *s = &tx->db->stmts[id];
    apr_status_t rv;
    memset(values, 0, sizeof(values));
    read_values(values, types, ap);
    s->db = tx->db;
    s->id = id;
    s->running = 1;
    s->stepped = 0;
    rv = tx->db->engine->start(s, values, (int)strlen(types));
    if (rv != APR_SUCCESS) {
        chat_sql_end(s);
        return rv;
    }
    *out = s;
    return APR_SUCCESS;
}

apr_status_t chat_sql(chat_stmt_t **s, chat_tx_t *tx, chat_sql_id_t id, const char *types,
                      ...)
{
    va_list ap;
    apr_status_t rv;
    va_start(ap, types);
    rv = start(s, tx, id, types, ap);
    va_end(ap);
    return rv;
}

apr_status_t chat_sql_row(chat_stmt_t *s)
{
    apr_status_t rv = s->db->engine->row(s);
    if (rv != APR_SUCCESS)
        chat_sql_end(s);
    return rv;
}

void chat_sql_end(chat_stmt_t *s)
{
    if (!s->running)
        return;
    s->running = 0;
    s->db->engine->finish(s);
}

int chat_sql_null(chat_stmt_t *s, int column)
{
    return s->db->engine->is_null(s, column);
}

apr_int64_t chat_sql_int(chat_stmt_t *s, int column)
{
    return s->db->engine->integer(s, column);
}

const char *chat_sql_text(chat_stmt_t *s, int column, apr_size_t *len, apr_pool_t *pool)
{
    apr_size_t n = 0;
    const char *text = s->db->engine->text(s, column, &n);
    if (len)
        *len = text ? n : 0;
    return text ? apr_pstrmemdup(pool, text, n) : NULL;
}

apr_status_t chat_sql_do(apr_int64_t *changed, chat_tx_t *tx, chat_sql_id_t id,
                         const char *types, ...)
{
    chat_stmt_t *s;
    va_list ap;
    apr_status_t rv;
    va_start(ap, types);
    rv = start(&s, tx, id, types, ap);
    va_end(ap);
    while (rv == APR_SUCCESS)
        rv = s->db->engine->row(s);
    if (rv != CHAT_NOTFOUND) {
        chat_sql_end(&tx->db->stmts[id]);
        return rv;
    }
    if (changed)
        *changed = s->db->engine->changes(s);
    chat_sql_end(s);
    return APR_SUCCESS;
}

apr_status_t chat_sql_one(apr_int64_t *out, chat_tx_t *tx, chat_sql_id_t id,
                          const char *types, ...)
{
    chat_stmt_t *s;
    va_list ap;
    apr_status_t rv;
    va_start(ap, types);
    rv = start(&s, tx, id, types, ap);
    va_end(ap);
    if (rv == APR_SUCCESS)
        rv = chat_sql_row(s);
    if (rv != APR_SUCCESS)
        return rv;
    *out = chat_sql_int(s, 0);
    /* an INSERT ... RETURNING is not done before its last step */
    while ((rv = chat_sql_row(s)) == APR_SUCCESS)
        ;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
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
    chat_stmt_t *s;
    chat_tx_room_t *r;
    apr_status_t rv;
    if (tx->rooms_used == CHAT_TX_ROOMS) {
        rv = chat_tx_flush(tx);
        if (rv != APR_SUCCESS)
            return rv;
        tx->rooms_used = 0;
        tx->rooms_lost = 1;
    }
    rv = chat_sql(&s, tx, CHAT_SQL_room_counter, "i", room);
    if (rv == APR_SUCCESS)
        rv = chat_sql_row(s);
    if (rv != APR_SUCCESS)
        return rv;
    r = &tx->rooms[tx->rooms_used++];
    r->room = room;
    r->number = chat_sql_int(s, 0);
    r->time = chat_sql_int(s, 1);
    r->dirty = 0;
    chat_sql_end(s);
    *out = r;
    return APR_SUCCESS;
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
    r->time = t > r->time ? t : r->time + 1;
    r->dirty = 1;
    *number = r->number;
    *now = r->time;
    return APR_SUCCESS;
}

apr_status_t chat_tx_number(apr_int64_t *number, apr_time_t *now, chat_tx_t *tx,
                            apr_int64_t room)
{
    chat_stmt_t *s;
    apr_status_t rv;
    if (tx->db->engine == &chat_engine_sqlite)
        return number_in_group(number, now, tx, room);
    rv = chat_sql(&s, tx, CHAT_SQL_room_number, "ii", (apr_int64_t)apr_time_now(), room);
    if (rv == APR_SUCCESS)
        rv = chat_sql_row(s);
    if (rv != APR_SUCCESS)
        return rv;
    *number = chat_sql_int(s, 0);
    *now = chat_sql_int(s, 1);
    chat_sql_end(s);
    return APR_SUCCESS;
}
