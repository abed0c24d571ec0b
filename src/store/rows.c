/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of any table as they are. */
#include "store/rows.h"

#include "store/db.h"

#include <string.h>

#define PAGE_ROWS 500

/* Stands before every row of the walk. */
void chat_rows_begin(chat_rows_t *rows, chat_table_id_t table, apr_int64_t room,
                     apr_pool_t *pool)
{
    const chat_table_t *t = &chat_tables[table];
    const chat_value_t first = {"", 0, APR_INT64_MIN, 0};
    *rows = (chat_rows_t){.table = table, .room = room};
    for (int i = 0; i < 2; i++)
        apr_pool_create(&rows->page[i], pool);
    for (int i = 0; i < t->n; i++) {
        const chat_table_column_t *c = &t->column[i];
        rows->last[i] = first;
        rows->last[i].is_text = c->text;
        if (room && c->key == 1 && c->refers == 1 + CHAT_TABLE_message)
            rows->last[i].number = CHAT_ROW_ID(room, 0);
    }
}

static void read_row(chat_value_t *values, chat_stmt_t *s, const chat_table_t *t,
                     apr_pool_t *pool)
{
    for (int i = 0; i < t->n; i++) {
        chat_value_t *v = &values[i];
        memset(v, 0, sizeof(*v));
        v->is_text = t->column[i].text || chat_sql_null(s, i);
        if (v->is_text)
            v->text = chat_sql_text(s, i, &v->len, pool);
        else
            v->number = chat_sql_int(s, i);
    }
}

static chat_stmt_t *start(chat_rows_t *rows, chat_tx_t *tx)
{
    const chat_table_t *t = &chat_tables[rows->table];
    const chat_value_t room = {.number = rows->room}, limit = {.number = PAGE_ROWS};
    chat_value_t values[CHAT_SQL_MAX_ARGS];
    int n = 1;
    for (int key = 1; key <= t->keys; key++)
        for (int i = 0; i < t->n; i++)
            if (t->column[i].key == key)
                values[n++] = rows->last[i];
    values[0] = values[1];
    for (int i = 0; rows->room && i < t->scoped; i++)
        values[n++] = room;
    values[n++] = limit;
    return chat_sql_values(tx, rows->room ? t->of : t->all, values, n);
}

apr_status_t chat_rows_page(chat_rows_t *rows, chat_tx_t *tx)
{
    const chat_table_t *t = &chat_tables[rows->table];
    apr_size_t size = (apr_size_t)t->n * sizeof(chat_value_t);
    apr_pool_t *pool = rows->page[0];
    apr_array_header_t *page;
    chat_stmt_t *s = start(rows, tx);
    apr_status_t rv;
    apr_pool_clear(pool);
    page = apr_array_make(pool, 16, (int)size);
    while ((rv = chat_sql_row(s)) == APR_SUCCESS)
        read_row(apr_array_push(page), s, t, pool);
    if (rv != CHAT_NOTFOUND)
        return rv;
    memcpy(&rows->values, &page->elts, sizeof(page->elts));
    rows->n = page->nelts;
    if (rows->n)
        memcpy(rows->last, page->elts + (apr_size_t)(rows->n - 1) * size, size);
    rows->page[0] = rows->page[1];
    rows->page[1] = pool;
    return APR_SUCCESS;
}

apr_status_t chat_row_put(chat_tx_t *tx, chat_table_id_t table,
                          const chat_value_t *values)
{
    const chat_table_t *t = &chat_tables[table];
    apr_status_t rv = chat_sql_row(chat_sql_values(tx, t->put, values, t->n));
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t chat_rows_finish(chat_tx_t *tx)
{
    apr_int64_t any;
    apr_status_t rv = APR_SUCCESS;
    for (const chat_table_t *t = chat_tables;
         rv == APR_SUCCESS && t < chat_tables + CHAT_TABLES; t++)
        if (t->counted)
            rv = chat_sql_one(&any, tx, t->renumber, "");
    return rv == APR_SUCCESS ? chat_sql_do(NULL, tx, CHAT_SQL_tx_analyse, "") : rv;
}

apr_status_t chat_row_next(apr_int64_t *id, chat_tx_t *tx, chat_table_id_t table)
{
    return chat_sql_one(id, tx, chat_tables[table].next, "");
}

apr_status_t chat_rows_size(apr_int64_t *rows, apr_int64_t *bytes, chat_tx_t *tx,
                            chat_table_id_t table, apr_int64_t room)
{
    const chat_table_t *t = &chat_tables[table];
    const chat_value_t values[] = {{.number = room}, {.number = room}};
    chat_stmt_t *s = chat_sql_values(tx, t->size, values, t->scoped);
    apr_status_t rv = chat_sql_row(s);
    if (rv != APR_SUCCESS)
        return rv;
    *rows = chat_sql_int(s, 0);
    *bytes = chat_sql_int(s, 1);
    chat_sql_end(s);
    return APR_SUCCESS;
}
