/* SPDX-License-Identifier: Apache-2.0 */
/* PostgreSQL: apr_dbd's calls. Results are fetched whole and read in order.
 *
 * The server keeps a prepared statement as long as the session, so each is prepared once
 * more in a new one. A pooler that gives a session to several clients in turn loses and
 * mixes them: from the first sign of one, this connection does without. */
#include "store/db_pgsql.h"

#include <dlfcn.h>
#include <string.h>

typedef struct outcome_t {
    apr_dbd_results_t *rows; /* NULL: the statement gives none */
    apr_dbd_row_t *row;      /* the same for all rows: it holds the position */
    int left;
} outcome_t;

/* The five characters of "ERROR:  23505: text"; the first word is in the server's
 * language. */
static const char *sqlstate(const char *message)
{
    const char *code = strstr(message, ":  ");
    if (!code)
        return NULL;
    code += 3;
    return strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5 && code[5] == ':'
               ? code
               : NULL;
}

apr_status_t chat_pgsql_status(const char *message, int *again)
{
    static const struct {
        const char *code; /* or the start of it */
        apr_status_t rv;
        int again;
    } meanings[] = {
        {"23505", CHAT_CONFLICT, 0}, /* unique key */
        {"40001", CHAT_BUSY, 1},     /* serialisation failure */
        {"40P01", CHAT_BUSY, 1},     /* deadlock */
        {"26000", CHAT_BUSY, 1},     /* the prepared statement is another session's */
        {"42P05", CHAT_BUSY, 1},     /* ... or another client's */
        {"55P03", CHAT_BUSY, 0},     /* lock_timeout */
        {"57014", CHAT_BUSY, 0},     /* statement_timeout */
        {"57P", CHAT_LOST, 0},       /* shutdown, crash of another session, starting up */
        {"08", CHAT_LOST, 0},        /* connection */
        {"25P03", CHAT_LOST, 0},     /* idle in a transaction for too long */
        {"25006", CHAT_BROKEN, 0},   /* read-only: a standby */
        {"53100", CHAT_FULL, 0},     /* disk full */
        {"53", CHAT_BUSY, 0},        /* out of connections, memory */
        {"42501", CHAT_BROKEN, 0},   /* no rights */
        {"58", CHAT_BROKEN, 0},      /* I/O error */
        {"XX", CHAT_BROKEN, 0},      /* internal error, corruption */
    };
    const char *code = sqlstate(message);

    *again = 0;
    if (!code)
        return CHAT_LOST;
    for (apr_size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++) {
        if (!strncmp(code, meanings[i].code, strlen(meanings[i].code))) {
            *again = meanings[i].again;
            return meanings[i].rv;
        }
    }
    return CHAT_BUG;
}

/* Whether MESSAGE shows that the session is shared with other clients. */
static int is_mixed(const char *message)
{
    const char *code = sqlstate(message);
    return code && (!strncmp(code, "26000", 5) || !strncmp(code, "42P05", 5));
}

static void forget_statements(chat_db_t *db)
{
    for (int i = 0; i < CHAT_SQL_COUNT; i++)
        db->stmts[i].native = NULL;
    apr_pool_clear(db->statements);
}

static apr_status_t status_of(chat_db_t *db, int rc)
{
    const char *text = apr_dbd_error(db->driver, db->handle, rc);
    apr_status_t rv;
    if (!text || !*text)
        text = "the server gives no reason";
    rv = chat_pgsql_status(text, &db->again);
    apr_cpystrn(db->error, text, sizeof(db->error));
    /* the lines behind the first may hold values */
    db->error[strcspn(db->error, "\n")] = '\0';
    if (is_mixed(text)) {
        db->unlabelled = 1;
        forget_statements(db);
    }
    return rv;
}

/* Not prepared: PREPARE accepts neither transaction control nor ANALYZE, nor two
 * statements in one. */
static int is_control(chat_sql_id_t id)
{
    return !strncmp(chat_sql_table[id].name, "tx_", 3);
}

static apr_status_t prepare(chat_stmt_t *s)
{
    chat_db_t *db = s->db;
    const chat_sql_t *sql = &chat_sql_table[s->id];
    apr_dbd_prepared_t *stmt = NULL;
    const char *label = NULL;
    int rc;
    if (!db->unlabelled)
        label = apr_pstrcat(db->statements, "chat_", sql->name, NULL);
    rc =
        apr_dbd_prepare(db->driver, db->statements, db->handle, sql->pgsql, label, &stmt);
    if (rc)
        return status_of(db, rc);
    s->native = stmt;
    return APR_SUCCESS;
}

static int gives_rows(chat_sql_id_t id)
{
    const char *sql = chat_sql_table[id].pgsql;
    return !strncmp(sql, "SELECT", 6) || !strncmp(sql, "WITH", 4) ||
           strstr(sql, " RETURNING ");
}

static apr_status_t execute(chat_stmt_t *s, const void **args, outcome_t *o)
{
    chat_db_t *db = s->db;
    int rc, changed = 0;
    if (is_control(s->id))
        rc = apr_dbd_select(db->driver, db->scratch, db->handle, &o->rows,
                            chat_sql_table[s->id].pgsql, 1);
    else if (gives_rows(s->id))
        rc = apr_dbd_pbselect(db->driver, db->scratch, db->handle, &o->rows, s->native, 1,
                              args);
    else
        rc = apr_dbd_pbquery(db->driver, db->scratch, db->handle, &changed, s->native,
                             args);
    if (rc)
        return status_of(db, rc);
    if (o->rows)
        changed = o->left = apr_dbd_num_tuples(db->driver, o->rows);
    s->changed = changed;
    db->written += strncmp(chat_sql_table[s->id].pgsql, "SELECT", 6) != 0;
    return APR_SUCCESS;
}

/* A transaction in which a statement failed cannot be committed: the server would answer
 * COMMIT with a rollback, and call that a success. */
static apr_status_t execute_in_tx(chat_stmt_t *s, const void **args, outcome_t *o)
{
    chat_db_t *db = s->db;
    apr_status_t rv;
    if (s->id == CHAT_SQL_tx_commit && db->tx_failed) {
        apr_cpystrn(db->error, "a unit continued after a failed statement",
                    sizeof(db->error));
        return CHAT_BUG;
    }
    rv = execute(s, args, o);
    if (s->id == CHAT_SQL_tx_commit)
        db->in_tx = 0;
    else if (is_control(s->id))
        db->in_tx = rv != CHAT_LOST; /* the second statement may have failed */
    if (rv != APR_SUCCESS)
        db->tx_failed = db->in_tx;
    return rv;
}

static int session(chat_db_t *db)
{
    return db->session_of(apr_dbd_native_handle(db->driver, db->handle));
}

/* libpq reconnects in several places. */
static void look_at_session(chat_db_t *db)
{
    int now = session(db);
    if (now == db->prepared_in)
        return;
    forget_statements(db);
    db->prepared_in = now;
}

static apr_status_t start(chat_stmt_t *s, const chat_value_t *values, int n)
{
    chat_db_t *db = s->db;
    outcome_t *o = apr_pcalloc(db->scratch, sizeof(*o));
    const void *args[CHAT_SQL_MAX_ARGS];
    apr_status_t rv;
    if (!db->in_tx)
        look_at_session(db);
    rv = s->native || is_control(s->id) ? APR_SUCCESS : prepare(s);
    if (rv != APR_SUCCESS) {
        db->tx_failed = db->in_tx;
        return rv;
    }
    for (int i = 0; i < n; i++) {
        args[i] = values[i].is_text ? (const void *)values[i].text : &values[i].number;
        if (values[i].is_text && values[i].text)
            args[i] = apr_pstrmemdup(db->scratch, values[i].text, values[i].len);
    }
    rv = execute_in_tx(s, args, o);
    if (rv != APR_SUCCESS)
        return rv;
    s->result = o;
    s->current = NULL;
    return APR_SUCCESS;
}

/* One step past the last row would free the values of the row before. */
static apr_status_t row(chat_stmt_t *s)
{
    outcome_t *o = s->result;
    if (!o->rows || o->left-- < 1)
        return CHAT_NOTFOUND;
    if (apr_dbd_get_row(s->db->driver, s->db->scratch, o->rows, &o->row, -1) != 0)
        return status_of(s->db, 0);
    s->current = o->row;
    return APR_SUCCESS;
}

static void finish(chat_stmt_t *s)
{
    s->result = NULL;
    s->current = NULL;
}

/* apr_dbd_datum_get is the only call that distinguishes NULL from an empty text. */
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

static int columns(chat_stmt_t *s)
{
    const outcome_t *o = s->result;
    return apr_dbd_num_cols(s->db->driver, o->rows);
}

static const char *text(chat_stmt_t *s, int column, apr_size_t *len)
{
    const char *t = value(s, column);
    *len = t ? strlen(t) : 0;
    return t;
}

/* ROLLBACK without a transaction would make libpq write a warning of its own to stderr.
 */
static void reset(chat_db_t *db)
{
    int rows;
    for (int i = 0; i < CHAT_SQL_COUNT; i++)
        chat_sql_end(&db->stmts[i]);
    if (db->in_tx)
        apr_dbd_query(db->driver, db->handle, &rows, "ROLLBACK");
    db->in_tx = 0;
    db->tx_failed = 0;
}

/* Reconnects if libpq knows that the connection is lost. */
static apr_status_t revive(chat_db_t *db)
{
    db->in_tx = 0;
    db->tx_failed = 0;
    return apr_dbd_check_conn(db->driver, db->scratch, db->handle) == APR_SUCCESS
               ? APR_SUCCESS
               : CHAT_LOST;
}

const chat_engine_t chat_engine_pgsql = {
    "pgsql", 0, 1, start, row, finish, is_null, integer, text, reset, revive, columns,
};

/* The connection's own pool shares its memory with other connections', which other
 * threads use. */
static apr_status_t own_pools(chat_db_t *db)
{
    apr_allocator_t *allocator;
    apr_status_t rv = apr_allocator_create(&allocator);
    if (rv != APR_SUCCESS)
        return rv;
    rv = apr_pool_create_ex(&db->own, db->pool, NULL, allocator);
    if (rv != APR_SUCCESS) {
        apr_allocator_destroy(allocator);
        return rv;
    }
    apr_allocator_owner_set(allocator, db->own);
    rv = apr_pool_create(&db->statements, db->own);
    return rv == APR_SUCCESS ? apr_pool_create(&db->scratch, db->own) : rv;
}

/* libpq is there with apr_dbd's driver; linking it would force it on everybody who uses
 * SQLite. The setting outlives a reconnection. */
apr_status_t chat_pgsql_setup(chat_db_t *db)
{
    enum { PQERRORS_VERBOSE_ = 2 };
    int (*set_verbosity)(void *conn, int verbosity);
    apr_status_t rv = own_pools(db);

    if (rv != APR_SUCCESS)
        return rv;
    *(void **)&set_verbosity = dlsym(RTLD_DEFAULT, "PQsetErrorVerbosity");
    *(void **)&db->session_of = dlsym(RTLD_DEFAULT, "PQbackendPID");
    *(void **)&db->socket_of = dlsym(RTLD_DEFAULT, "PQsocket");
    if (!set_verbosity || !db->session_of || !db->socket_of) {
        apr_cpystrn(db->error, "libpq cannot be reached", sizeof(db->error));
        return CHAT_BROKEN;
    }
    set_verbosity(apr_dbd_native_handle(db->driver, db->handle), PQERRORS_VERBOSE_);
    return APR_SUCCESS;
}

int chat_pgsql_socket(chat_db_t *db)
{
    return db->socket_of(apr_dbd_native_handle(db->driver, db->handle));
}

/* How long the client waits beyond the server's own time-out. */
#define GRACE apr_time_from_msec(500)

apr_status_t chat_pgsql_limit(chat_db_t *db)
{
    int now = session(db);
    apr_int64_t msec;
    apr_status_t rv;
    if (now == db->session)
        return APR_SUCCESS;
    rv = chat_sql_one(&msec, &(chat_tx_t){.db = db}, CHAT_SQL_limit_session, "");
    apr_pool_clear(db->scratch);
    if (rv != APR_SUCCESS)
        return rv;
    db->patience = apr_time_from_msec(msec) + GRACE;
    db->session = now;
    return APR_SUCCESS;
}
