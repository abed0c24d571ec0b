/* SPDX-License-Identifier: Apache-2.0 */
/* Chatrooms as records that do not depend on a database's ids. */
#include "core/transfer.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <string.h>

chat_part_t chat_record_part(chat_table_id_t table, int column)
{
    const chat_table_t *t = &chat_tables[table];
    const chat_table_column_t *c = &t->column[column];
    if (!c->exported)
        return CHAT_PART_NONE;
    if (c->refers == 1 + CHAT_TABLE_message)
        return CHAT_PART_MESSAGE;
    if (table == CHAT_TABLE_chatroom && c->key)
        return CHAT_PART_VALUE;
    if (c->refers == 1 + CHAT_TABLE_chatroom || c->refers == 1 + (int)table)
        return CHAT_PART_NONE;
    return c->refers == 1 + CHAT_TABLE_account   ? CHAT_PART_ACCOUNT
           : c->refers == 1 + CHAT_TABLE_channel ? CHAT_PART_CHANNEL
                                                 : CHAT_PART_VALUE;
}

const char *chat_record_name(chat_table_id_t table, int column, apr_pool_t *pool)
{
    const chat_table_t *t = &chat_tables[table];
    const char *name = t->column[column].name, *end = strstr(name, "_id"), *plain;
    if (chat_record_part(table, column) <= CHAT_PART_VALUE || !end)
        return name;
    plain = apr_pstrmemdup(pool, name, (apr_size_t)(end - name));
    for (int i = 0; i < t->n; i++)
        if (!strcmp(t->column[i].name, plain)) /* audit has target and target_id */
            return name;
    return plain;
}

static const chat_value_t none = {NULL, 0, 0, 1};

int chat_record_column(chat_table_id_t table, const char *name)
{
    for (int i = 0; i < chat_tables[table].n; i++)
        if (!strcmp(chat_tables[table].column[i].name, name))
            return i;
    return -1;
}

void chat_record_begin(chat_record_t *r, chat_table_id_t table)
{
    r->table = table;
    for (int i = 0; i < chat_tables[table].n; i++)
        r->value[i] = none;
}

chat_value_t *chat_record_value(chat_record_t *r, const char *column)
{
    return &r->value[chat_record_column(r->table, column)];
}

void chat_record_text(chat_record_t *r, const char *column, const char *text)
{
    *chat_record_value(r, column) =
        (chat_value_t){.text = text, .len = text ? strlen(text) : 0, .is_text = 1};
}

void chat_record_number(chat_record_t *r, const char *column, apr_int64_t n)
{
    *chat_record_value(r, column) = (chat_value_t){.number = n};
}

typedef struct export_t {
    chat_tx_t *tx;
    apr_int64_t room;
    chat_record_fn sink;
    void *baton;
    apr_hash_t *uuids[2]; /* of accounts and of channels, by id */
    int given;            /* records */
    apr_pool_t *pool;     /* as long as the export */
} export_t;

/* Where uuids of what column C refers to are, or NULL. */
static apr_hash_t *uuids_of(const export_t *e, int refers)
{
    return refers == 1 + CHAT_TABLE_account   ? e->uuids[0]
           : refers == 1 + CHAT_TABLE_channel ? e->uuids[1]
                                              : NULL;
}

static void put_value(chat_record_t *r, const export_t *e, int i, const chat_value_t *v)
{
    const chat_table_column_t *c = &chat_tables[r->table].column[i];
    apr_hash_t *uuids = uuids_of(e, c->refers);
    chat_part_t part = chat_record_part(r->table, i);
    r->value[i] = *v;
    if (part == CHAT_PART_NONE) {
        r->value[i] = none;
    }
    else if (uuids) {
        r->value[i] = none;
        r->value[i].text = apr_hash_get(uuids, &v->number, 8);
        r->value[i].len = r->value[i].text ? strlen(r->value[i].text) : 0;
    }
    else if (part == CHAT_PART_MESSAGE && !v->is_text) {
        r->value[i].number = CHAT_ROW_NUMBER(v->number);
        if (!r->value[i].number)
            r->value[i] = none;
    }
}

typedef apr_status_t (*row_fn)(export_t *e, chat_table_id_t table,
                               const chat_value_t *row);

/* Accounts and channels begin with id, room_id and uuid. */
static apr_status_t learn(export_t *e, chat_table_id_t table, const chat_value_t *row)
{
    apr_hash_set(uuids_of(e, 1 + (int)table), apr_pmemdup(e->pool, &row->number, 8), 8,
                 apr_pstrdup(e->pool, row[2].text));
    return APR_SUCCESS;
}

static apr_status_t give(export_t *e, chat_table_id_t table, const chat_value_t *row)
{
    chat_record_t r = {.table = table};
    e->given++;
    for (int i = 0; i < chat_tables[table].n; i++)
        put_value(&r, e, i, &row[i]);
    return e->sink(e->baton, &r);
}

static apr_status_t each(export_t *e, chat_table_id_t table, row_fn fn)
{
    chat_rows_t rows;
    apr_pool_t *pool;
    apr_status_t rv;
    apr_pool_create(&pool, e->pool);
    chat_rows_begin(&rows, table, e->room, pool);
    do {
        rv = chat_rows_page(&rows, e->tx);
        for (int i = 0; rv == APR_SUCCESS && i < rows.n; i++)
            rv = fn(e, table, rows.values + i * chat_tables[table].n);
    } while (rv == APR_SUCCESS && rows.n);
    apr_pool_destroy(pool);
    return rv;
}

apr_status_t chat_export(chat_tx_t *tx, apr_int64_t room, chat_record_fn sink,
                         void *baton)
{
    export_t e = {.tx = tx, .room = room, .sink = sink, .baton = baton};
    apr_status_t rv;
    apr_pool_create(&e.pool, NULL);
    e.uuids[0] = apr_hash_make(e.pool);
    e.uuids[1] = apr_hash_make(e.pool);
    rv = each(&e, CHAT_TABLE_account, learn);
    if (rv == APR_SUCCESS)
        rv = each(&e, CHAT_TABLE_channel, learn);
    for (int t = 0; rv == APR_SUCCESS && t < CHAT_TABLES; t++) {
        if (chat_tables[t].exported)
            rv = each(&e, t, give);
        if (rv == APR_SUCCESS && !e.given)
            rv = CHAT_NOTFOUND;
    }
    apr_pool_destroy(e.pool);
    return rv;
}
