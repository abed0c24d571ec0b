/* SPDX-License-Identifier: Apache-2.0 */
/* Two walks side by side. */
#include "store/copy.h"

#include "store/rows.h"

#include <apr_strings.h>
#include <apr_tables.h>
#include <string.h>

#define NAMED 20

typedef struct walk_t {
    chat_rows_t rows;
    chat_tx_t *tx;       /* of one snapshot, or */
    chat_store_t *store; /* of one for each page */
    int at;
} walk_t;

typedef struct pair_t {
    chat_copy_t *copy;
    const chat_table_t *table;
    walk_t from, to;
    chat_store_t *store;
    apr_array_header_t *missing; /* const chat_value_t *: of the page of FROM */
    int add;
    apr_pool_t *pool;
} pair_t;

static apr_status_t read_page(chat_tx_t *tx, void *baton)
{
    walk_t *w = baton;
    return chat_rows_page(&w->rows, tx);
}

static apr_status_t next_page(walk_t *w)
{
    w->at = 0;
    return w->tx ? read_page(w->tx, w) : chat_store_read(w->store, read_page, w);
}

static apr_status_t add_missing(chat_tx_t *tx, void *baton)
{
    pair_t *p = baton;
    apr_status_t rv = APR_SUCCESS;
    for (int i = 0; rv == APR_SUCCESS && i < p->missing->nelts; i++)
        rv = chat_row_put(tx, p->from.rows.table,
                          APR_ARRAY_IDX(p->missing, i, const chat_value_t *));
    return rv;
}

static apr_status_t flush(pair_t *p)
{
    apr_status_t rv = APR_SUCCESS;
    if (p->missing->nelts)
        rv = chat_store_write(p->store, add_missing, p);
    p->copy->added += p->missing->nelts;
    apr_array_clear(p->missing);
    return rv;
}

static int order(const chat_value_t *a, const chat_value_t *b)
{
    apr_size_t len = a->len < b->len ? a->len : b->len;
    int n;
    if (a->is_text != b->is_text)
        return a->is_text ? 1 : -1;
    if (!a->is_text)
        return (a->number > b->number) - (a->number < b->number);
    if (!a->text || !b->text)
        return (a->text != NULL) - (b->text != NULL);
    n = memcmp(a->text, b->text, len);
    return n ? n : (a->len > b->len) - (a->len < b->len);
}

static int order_of_keys(const chat_table_t *t, const chat_value_t *a,
                         const chat_value_t *b)
{
    int n = 0;
    for (int key = 1; !n && key <= t->keys; key++)
        for (int i = 0; !n && i < t->n; i++)
            if (t->column[i].key == key)
                n = order(&a[i], &b[i]);
    return n;
}

/* The first column that differs, or NULL. */
static const char *column_that_differs(const chat_table_t *t, const chat_value_t *a,
                                       const chat_value_t *b)
{
    for (int i = 0; i < t->n; i++)
        if (order(&a[i], &b[i]))
            return t->column[i].name;
    return NULL;
}

/* The row's key, and what is wrong. */
static void note(pair_t *p, const chat_value_t *row, const char *what)
{
    const chat_table_t *t = p->table;
    const char *key = "";
    if (p->copy->differences++ >= NAMED)
        return;
    for (int i = 0; i < t->n; i++)
        if (t->column[i].key)
            key = row[i].is_text
                      ? apr_psprintf(p->pool, "%s %.40s", key, row[i].text)
                      : apr_psprintf(p->pool, "%s %" APR_INT64_T_FMT, key, row[i].number);
    p->copy->first =
        apr_psprintf(p->pool, "%s%s%s: %s\n", p->copy->first ? p->copy->first : "",
                     t->name, key, what);
}

static const chat_value_t *row_of(const walk_t *w, const chat_table_t *t)
{
    return w->rows.n ? w->rows.values + (apr_size_t)w->at * (apr_size_t)t->n : NULL;
}

/* One step of the walk that is behind, or of both. */
static void step(pair_t *p)
{
    const chat_value_t *a = row_of(&p->from, p->table), *b = row_of(&p->to, p->table);
    int n = !a ? 1 : !b ? -1 : order_of_keys(p->table, a, b);
    const char *column = n ? NULL : column_that_differs(p->table, a, b);
    if (n < 0 && p->add)
        APR_ARRAY_PUSH(p->missing, const chat_value_t *) = a;
    else if (n < 0)
        note(p, a, "the copy lacks it");
    else if (n > 0)
        note(p, b, "only the copy has it");
    else if (column)
        note(p, a, apr_pstrcat(p->pool, "another ", column, NULL));
    p->copy->rows += n <= 0;
    p->from.at += n <= 0;
    p->to.at += n >= 0;
}

static apr_status_t refill(pair_t *p)
{
    apr_status_t rv = APR_SUCCESS;
    if (p->from.rows.n && p->from.at == p->from.rows.n) {
        rv = flush(p);
        if (rv == APR_SUCCESS)
            rv = next_page(&p->from);
    }
    if (rv == APR_SUCCESS && p->to.rows.n && p->to.at == p->to.rows.n)
        rv = next_page(&p->to);
    return rv;
}

static apr_status_t copy_table(pair_t *p)
{
    apr_status_t rv = next_page(&p->from);
    if (rv == APR_SUCCESS)
        rv = next_page(&p->to);
    while (rv == APR_SUCCESS && (p->from.rows.n || p->to.rows.n)) {
        step(p);
        rv = refill(p);
    }
    return rv;
}

static apr_status_t finish(chat_tx_t *tx, void *baton)
{
    (void)baton;
    return chat_rows_finish(tx);
}

apr_status_t chat_store_copy(chat_copy_t *c, chat_tx_t *from, chat_store_t *to, int add,
                             apr_pool_t *pool)
{
    pair_t p = {.copy = c,
                .from.tx = from,
                .to.store = to,
                .store = to,
                .missing = apr_array_make(pool, 500, sizeof(const chat_value_t *)),
                .add = add,
                .pool = pool};
    apr_status_t rv = APR_SUCCESS;
    for (int i = 0; rv == APR_SUCCESS && i < CHAT_TABLES; i++) {
        apr_pool_t *scratch;
        apr_pool_create(&scratch, pool);
        p.table = &chat_tables[i];
        chat_rows_begin(&p.from.rows, i, 0, scratch);
        chat_rows_begin(&p.to.rows, i, 0, scratch);
        rv = copy_table(&p);
        apr_pool_destroy(scratch);
    }
    return rv == APR_SUCCESS && add ? chat_store_write(to, finish, NULL) : rv;
}
