/* SPDX-License-Identifier: Apache-2.0 */
/* Statements: values in, rows out, for every engine. */
#include "store/db.h"

#include "base/text.h"
#include "store/kept.h"

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
        values->number = *types == 'd' ? va_arg(ap, int) : va_arg(ap, apr_int64_t);
        if (*types == 'z' && !values->number) {
            values->is_text = 1;
            values->text = NULL;
        }
    }
}

apr_status_t chat_sql_settle(chat_tx_t *tx)
{
    return tx->posted ? tx->insert_posts(tx) : APR_SUCCESS;
}

/* ID gives the version of the rights. */
static apr_status_t ask_version(chat_tx_t *tx, chat_sql_id_t id)
{
    apr_time_t now = apr_time_now();
    apr_int64_t version;
    apr_status_t rv = chat_sql_one(&version, tx, id, "");
    if (rv == APR_SUCCESS)
        chat_kept_since(tx, (apr_uint64_t)version, now);
    return rv;
}

/* What has to be done in TX before SQL runs. */
static apr_status_t get_ready(chat_tx_t *tx, const chat_sql_t *sql)
{
    if (tx->kept)
        chat_kept_change(tx, sql);
    if (sql->sees_posts)
        return chat_sql_settle(tx);
    return tx->kept && sql->kept == 1 && !tx->looked
               ? ask_version(tx, CHAT_SQL_rights_version)
               : APR_SUCCESS;
}

chat_stmt_t *chat_sql_values(chat_tx_t *tx, chat_sql_id_t id, const chat_value_t *values,
                             int n)
{
    const chat_sql_t *sql = &chat_sql_table[id];
    chat_stmt_t *s = tx->db ? &tx->db->stmts[id] : &tx->early;
    s->db = tx->db;
    s->id = id;
    s->running = 1;
    s->failed = get_ready(tx, sql);
    s->kept = s->failed == APR_SUCCESS && tx->kept && sql->kept &&
              chat_kept_find(tx, s, values, n);
    if (!s->kept && !tx->db) {
        s->running = 0;
        s->failed = tx->connect(tx);
        return s->failed == APR_SUCCESS ? chat_sql_values(tx, id, values, n) : s;
    }
    if (s->failed == APR_SUCCESS && !s->kept)
        s->failed = tx->db->engine->start(s, values, n);
    if (s->failed != APR_SUCCESS)
        chat_sql_end(s);
    return s;
}

static chat_stmt_t *start(chat_tx_t *tx, chat_sql_id_t id, const char *types, va_list ap)
{
    chat_value_t values[CHAT_SQL_MAX_ARGS];
    memset(values, 0, sizeof(values));
    read_values(values, types, ap);
    return chat_sql_values(tx, id, values, (int)strlen(types));
}

chat_stmt_t *chat_sql(chat_tx_t *tx, chat_sql_id_t id, const char *types, ...)
{
    chat_stmt_t *s;
    va_list ap;
    va_start(ap, types);
    s = start(tx, id, types, ap);
    va_end(ap);
    return s;
}

apr_status_t chat_sql_row(chat_stmt_t *s)
{
    apr_status_t rv = s->failed;
    if (rv != APR_SUCCESS)
        return rv;
    if (s->kept)
        rv = s->kept++ == 1 ? APR_SUCCESS : CHAT_NOTFOUND;
    else
        rv = s->db->engine->row(s);
    if (rv != APR_SUCCESS)
        chat_sql_end(s);
    else if (s->keeper)
        chat_kept_put(s);
    return rv;
}

void chat_sql_end(chat_stmt_t *s)
{
    if (!s->running)
        return;
    s->running = 0;
    s->keeper = NULL;
    if (!s->kept)
        s->db->engine->finish(s);
}

int chat_sql_null(chat_stmt_t *s, int column)
{
    return s->kept ? chat_kept_null(s, column) : s->db->engine->is_null(s, column);
}

apr_int64_t chat_sql_int(chat_stmt_t *s, int column)
{
    return s->kept ? chat_kept_integer(s, column) : s->db->engine->integer(s, column);
}

const char *chat_sql_text(chat_stmt_t *s, int column, apr_size_t *len, apr_pool_t *pool)
{
    apr_size_t n = 0;
    const char *text =
        s->kept ? chat_kept_text(s, column, &n) : s->db->engine->text(s, column, &n);
    /* damaged rows are never handed on as they are */
    if (text && !chat_text_valid(text, n))
        text = chat_text_repair(text, &n, pool);
    else if (text)
        text = apr_pstrmemdup(pool, text, n);
    if (len)
        *len = text ? n : 0;
    return text;
}

apr_status_t chat_sql_first(void *row, chat_sql_read_fn read, chat_stmt_t *s,
                            apr_pool_t *pool)
{
    apr_status_t rv = chat_sql_row(s);
    if (rv != APR_SUCCESS)
        return rv;
    read(row, s, pool);
    chat_sql_end(s);
    return APR_SUCCESS;
}

apr_status_t chat_sql_list(void *list, int *n, const chat_sql_kind_t *kind,
                           chat_stmt_t *s, apr_pool_t *pool)
{
    apr_array_header_t *rows = apr_array_make(pool, 16, (int)kind->size);
    apr_status_t rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS)
        kind->read(apr_array_push(rows), s, pool);
    memcpy(list, &rows->elts, sizeof(rows->elts));
    *n = rows->nelts;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

static apr_status_t finish(apr_int64_t *changed, chat_stmt_t *s)
{
    apr_status_t rv;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS)
        continue;
    if (rv != CHAT_NOTFOUND)
        return rv;
    if (changed)
        *changed = s->changed;
    return APR_SUCCESS;
}

apr_status_t chat_sql_do(apr_int64_t *changed, chat_tx_t *tx, chat_sql_id_t id,
                         const char *types, ...)
{
    chat_stmt_t *s;
    va_list ap;
    va_start(ap, types);
    s = start(tx, id, types, ap);
    va_end(ap);
    return finish(changed, s);
}

apr_status_t chat_sql_change(chat_tx_t *tx, apr_status_t none, chat_sql_id_t id,
                             const char *types, ...)
{
    apr_int64_t changed = 0;
    chat_stmt_t *s;
    apr_status_t rv;
    va_list ap;
    va_start(ap, types);
    s = start(tx, id, types, ap);
    va_end(ap);
    rv = finish(&changed, s);
    return rv == APR_SUCCESS && !changed ? none : rv;
}

apr_status_t chat_sql_one(apr_int64_t *out, chat_tx_t *tx, chat_sql_id_t id,
                          const char *types, ...)
{
    chat_stmt_t *s;
    apr_status_t rv;
    va_list ap;
    va_start(ap, types);
    s = start(tx, id, types, ap);
    va_end(ap);
    rv = chat_sql_row(s);
    if (rv != APR_SUCCESS)
        return rv;
    *out = chat_sql_int(s, 0);
    /* an INSERT ... RETURNING is not done before its last step */
    return finish(NULL, s);
}

apr_status_t chat_tx_begin(chat_tx_t *tx)
{
    if (tx->kept && !tx->db->engine->one_writer)
        return ask_version(tx, tx->writing ? CHAT_SQL_tx_write_known
                                           : CHAT_SQL_tx_read_known);
    if (tx->kept)
        chat_kept_begin(tx);
    return chat_sql_do(NULL, tx, tx->writing ? CHAT_SQL_tx_write : CHAT_SQL_tx_read, "");
}

apr_status_t chat_tx_commit(chat_tx_t *tx)
{
    return chat_sql_do(NULL, tx, CHAT_SQL_tx_commit, "");
}
