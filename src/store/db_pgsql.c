/* PostgreSQL: apr_dbd's calls. Statements are prepared without a label, so they survive a
 * restart of the server; results are taken as a whole and read in order. */
#include "store/db.h"

#include <string.h>

typedef struct outcome_t {
    apr_dbd_results_t *rows; /* NULL: the statement gives none */
    int left;
} outcome_t;

static apr_status_t status_of(chat_db_t *db, int rc)
{
    const char *text = apr_dbd_error(db->driver, db->handle, rc);

    apr_cpystrn(db->error, text ? text : "no reason given", sizeof db->error);
    for (char *p = db->error; *p; p++)
        *p = *p == '\n' ? ' ' : *p;
    if (apr_dbd_check_conn(db->driver, db->scratch, db->handle) != APR_SUCCESS)
        return CHAT_LOST;
    if (strstr(db->error, "deadlock") || strstr(db->error, "serialize"))
        return CHAT_BUSY;
    if (strstr(db->error, "disk") || strstr(db->error, "No space"))
        return CHAT_FULL;
    return CHAT_BUG;
}

static apr_status_t prepare(chat_stmt_t *s)
{
    apr_dbd_prepared_t *stmt = NULL;
    int rc = apr_dbd_prepare(s->db->driver, s->db->pool, s->db->handle,
                             chat_sql_table[s->id].pgsql, NULL, &stmt);

    if (rc)
        return status_of(s->db, rc);
    s->native = stmt;
    return APR_SUCCESS;
}

static int gives_rows(chat_sql_id_t id)
{
    const char *sql = chat_sql_table[id].pgsql;
    return !strncmp(sql, "SELECT", 6) || strstr(sql, " RETURNING ");
}

static apr_status_t start(chat_stmt_t *s, const chat_value_t *values, int n)
{
    chat_db_t *db = s->db;
    outcome_t *o = apr_pcalloc(db->scratch, sizeof *o);
    const void *args[CHAT_SQL_MAX_ARGS];
    int rc, changed = 0;
    apr_status_t rv;

    if (!s->native && (rv = prepare(s)) != APR_SUCCESS)
        return rv;
    for (int i = 0; i < n; i++) {
        args[i] = values[i].is_text ? (const void *)values[i].text : &values[i].number;
        if (values[i].is_text && values[i].text)
            args[i] = apr_pstrmemdup(db->scratch, values[i].text, values[i].len);
    }
    if (gives_rows(s->id))
        rc = apr_dbd_pbselect(db->driver, db->scratch, db->handle, &o->rows, s->native, 1,
                              args);
    else
        rc = apr_dbd_pbquery(db->driver, db->scratch, db->handle, &changed, s->native,
                             args);
    if (rc)
        return status_of(db, rc);
    if (o->rows)
        o->left = apr_dbd_num_tuples(db->driver, o->rows);
    s->result = o;
    s->current = NULL;
    s->changed = changed;
    return APR_SUCCESS;
}

/* One step past the last row would free the values of the row before. */
static apr_status_t row(chat_stmt_t *s)
{
    outcome_t *o = s->result;
    apr_dbd_row_t *current = NULL;

    if (!o->rows || o->left-- < 1)
        return CHAT_NOTFOUND;
    if (apr_dbd_get_row(s->db->driver, s->db->scratch, o->rows, &current, -1) != 0)
        return status_of(s->db, 0);
    s->current = current;
    return APR_SUCCESS;
}

static void finish(chat_stmt_t *s)
{
    s->result = NULL;
    s->current = NULL;
}

/* apr_dbd_datum_get is the only call that tells NULL from an empty text. */
static const char *value(chat_stmt_t *s, int column)
{
    char *text = NULL;
    apr_status_t rv =
        apr_dbd_datum_get(s->db->driver, s->current, column, APR_DBD_TYPE_STRING, &text);
    return rv == APR_SUCCESS ? text : NULL;
}

static int is_null(chat_stmt_t *s, int column)
{
    return !value(s, column);
}

static apr_int64_t integer(chat_stmt_t *s, int column)
{
    const char *text = value(s, column);
    return text ? apr_atoi64(text) : 0;
}

static const char *text(chat_stmt_t *s, int column, apr_size_t *len)
{
    const char *t = value(s, column);
    *len = t ? strlen(t) : 0;
    return t;
}

static apr_int64_t changes(chat_stmt_t *s)
{
    return s->changed;
}

static void reset(chat_db_t *db)
{
    int rows;
    for (int i = 0; i < CHAT_SQL_COUNT; i++)
        chat_sql_end(&db->stmts[i]);
    apr_dbd_query(db->driver, db->handle, &rows, "ROLLBACK");
}

const chat_engine_t chat_engine_pgsql = {
    "pgsql", start, row, finish, is_null, integer, text, changes, reset, prepare,
};
