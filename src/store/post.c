/* SPDX-License-Identifier: Apache-2.0 */
/* Messages with their events; on PostgreSQL the columns of several as arrays. */
#include "store/post.h"

#include "base/buffer.h"
#include "store/db.h"
#include "store/event.h"

#include <string.h>

#define COLUMNS 12

typedef struct row_t {
    chat_value_t of[COLUMNS];
} row_t;

static chat_value_t number(apr_int64_t n)
{
    return (chat_value_t){.number = n};
}

static chat_value_t text(const char *s, apr_size_t len)
{
    return (chat_value_t){.text = s, .len = len, .is_text = 1};
}

/* NULL for 0. */
static chat_value_t reference(apr_int64_t id)
{
    return id ? number(id) : text(NULL, 0);
}

static chat_value_t name(const char *s)
{
    return text(s, s ? strlen(s) : 0);
}

static void put_quoted(chat_buffer_t *out, const char *s, apr_size_t len)
{
    const char *end = s + len;
    chat_buffer_byte(out, '"');
    for (; s < end; s++) {
        if (*s == '"' || *s == '\\')
            chat_buffer_byte(out, '\\');
        chat_buffer_byte(out, *s);
    }
    chat_buffer_byte(out, '"');
}

/* COLUMN of N rows, as PostgreSQL reads an array. */
static chat_value_t array_of(const row_t *rows, int n, int column, apr_pool_t *pool)
{
    chat_buffer_t out;
    chat_buffer_init(&out, 64, APR_INT32_MAX, pool);
    for (int i = 0; i < n; i++) {
        const chat_value_t *v = &rows[i].of[column];
        chat_buffer_byte(&out, i ? ',' : '{');
        if (!v->is_text)
            chat_buffer_int(&out, v->number);
        else if (v->text)
            put_quoted(&out, v->text, v->len);
        else
            chat_buffer_puts(&out, "NULL");
    }
    chat_buffer_byte(&out, '}');
    return text(out.data, out.len);
}

static chat_tx_room_t *counter_of(chat_tx_t *tx, const row_t *row)
{
    chat_tx_room_t *r = tx->rooms;
    while (r->room != CHAT_ROW_ROOM(row->of[0].number))
        r++;
    return r;
}

static apr_status_t insert_waiting(chat_tx_t *tx)
{
    const row_t *rows = (const row_t *)tx->posts->elts;
    chat_tx_room_t *counter = counter_of(tx, rows);
    chat_value_t values[COLUMNS + 3];
    chat_stmt_t *s;
    apr_status_t rv;
    for (int i = 0; i < COLUMNS; i++)
        values[i] = array_of(rows, tx->posted, i, tx->db->scratch);
    values[COLUMNS] = number(counter->number);
    values[COLUMNS + 1] = number(counter->time);
    values[COLUMNS + 2] = number(counter->room);
    tx->posted = 0;
    counter->dirty = 0;
    s = chat_sql_values(tx, CHAT_SQL_post_insert, values, COLUMNS + 3);
    rv = chat_sql_row(s);
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

/* The waiting ones are of one chatroom. */
static apr_status_t wait_in(chat_tx_t *tx, const row_t *row)
{
    apr_status_t rv = APR_SUCCESS;
    if (tx->posted && counter_of(tx, row) != counter_of(tx, (row_t *)tx->posts->elts))
        rv = chat_sql_settle(tx);
    if (!tx->posts)
        tx->posts = apr_array_make(tx->db->scratch, 16, sizeof(*row));
    tx->posts->nelts = tx->posted++;
    tx->insert_posts = insert_waiting;
    *(row_t *)apr_array_push(tx->posts) = *row;
    return rv;
}

static apr_status_t insert_now(chat_tx_t *tx, const chat_message_t *m,
                               const char *audience)
{
    const chat_event_t e = {.id = m->id,
                            .kind = CHAT_EVENT_MESSAGE,
                            .channel = m->channel,
                            .account = m->author,
                            .audience = audience,
                            .created = m->created};
    apr_status_t rv = chat_message_insert(tx, m);
    return rv == APR_SUCCESS ? chat_event_insert(tx, &e) : rv;
}

apr_status_t chat_post_insert(chat_tx_t *tx, const chat_message_t *m,
                              const char *audience)
{
    const row_t row = {{number(m->id), number(m->kind), reference(m->channel),
                        reference(m->author), name(m->author_name), name(m->recipients),
                        reference(m->parent), reference(m->root),
                        text(m->body, m->body_len), number(m->created), name(m->mentions),
                        name(audience)}};
    return tx->db->engine->one_writer ? insert_now(tx, m, audience) : wait_in(tx, &row);
}
