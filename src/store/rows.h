/* SPDX-License-Identifier: Apache-2.0
 * rows.h - rows of any table as they are, by the table of tables (sql/tables.sql): for
 * copies, exports and sizes. What a row means is the business of the other headers.
 */
#ifndef CHAT_STORE_ROWS_H
#define CHAT_STORE_ROWS_H

#include "sql_table.h"
#include "store/store.h"

/* One value of a row. */
typedef struct chat_value_t {
    const char *text; /* NULL with is_text: SQL NULL, also of a number */
    apr_size_t len;
    apr_int64_t number;
    int is_text;
} chat_value_t;

/* A walk through the rows of a table, in the order of its key, page by page. */
typedef struct chat_rows_t {
    chat_table_id_t table;
    apr_int64_t room; /* 0: of all chatrooms; else the table has an owner */
    chat_value_t last[CHAT_TABLE_COLUMNS]; /* the row that the last page ended with */
    chat_value_t *values; /* of the page: chat_tables[table].n for each row */
    int n;                /* rows; 0 after the last page */
    apr_pool_t *page[2];  /* for the next one, and of this one */
} chat_rows_t;

/* Begins a walk that lives in POOL. */
void chat_rows_begin(chat_rows_t *rows, chat_table_id_t table, apr_int64_t room,
                     apr_pool_t *pool);
/* Reads the next page; the one before it goes with the call after that. One that fails
 * may be repeated. All pages are of one snapshot when TX is. */
apr_status_t chat_rows_page(chat_rows_t *rows, chat_tx_t *tx);

/* Inserts a row: chat_tables[table].n VALUES. The engine's failure when its key exists or
 * it refers to nothing. */
apr_status_t chat_row_put(chat_tx_t *tx, chat_table_id_t table,
                          const chat_value_t *values);

/* After rows were inserted with ids of their own: the engine gives later rows other ones,
 * and PostgreSQL plans by what the tables hold now. */
apr_status_t chat_rows_finish(chat_tx_t *tx);
/* An id that no row of TABLE, which numbers its rows by itself, has. */
apr_status_t chat_row_next(apr_int64_t *id, chat_tx_t *tx, chat_table_id_t table);

/* How many rows ROOM has in TABLE, which has an owner, and how many bytes are in them. */
apr_status_t chat_rows_size(apr_int64_t *rows, apr_int64_t *bytes, chat_tx_t *tx,
                            chat_table_id_t table, apr_int64_t room);

#endif
