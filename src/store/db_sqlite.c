/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite: native statements on the connection that apr_dbd opened. apr_dbd's own calls
 * lock one mutex per process around every step, lose error codes and break on a schema
 * change. */
#include "store/db_sqlite.h"

#include <apr_strings.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

/* STRICT tables and sqlite3_changes64 */
#define VERSION_MIN 3037000
#if SQLITE_VERSION_NUMBER < VERSION_MIN
#define sqlite3_changes64 sqlite3_changes
#endif

static apr_status_t status_of(chat_db_t *db, int rc)
{
    sqlite3 *native = db->native;
    int extended = sqlite3_extended_errcode(native);
    apr_cpystrn(db->error, sqlite3_errmsg(native), sizeof(db->error));
    if (extended == SQLITE_CONSTRAINT_UNIQUE ||
        extended == SQLITE_CONSTRAINT_PRIMARYKEY || extended == SQLITE_CONSTRAINT_ROWID)
        return CHAT_CONFLICT;
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT:
        return CHAT_BUSY;
    case SQLITE_FULL:
        return CHAT_FULL;
    case SQLITE_NOMEM:
        return APR_ENOMEM;
    case SQLITE_READONLY:
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_CANTOPEN:
    case SQLITE_NOTADB:
    case SQLITE_PERM:
        return CHAT_BROKEN;
    default:
        return CHAT_BUG;
    }
}

static apr_status_t prepare(chat_stmt_t *s)
{
    const char *sql = chat_sql_table[s->id].sqlite;
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v3(s->db->native, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt,
                                NULL);
    /* A kill of another process can make even this BUSY while the log is recovered: the
     * statement stays unprepared and the next use tries again. */
    if (rc != SQLITE_OK || !stmt)
        return status_of(s->db, rc);
    s->native = stmt;
    return APR_SUCCESS;
}

static int bind_value(sqlite3_stmt *stmt, int i, const chat_value_t *v)
{
    if (!v->is_text)
        return sqlite3_bind_int64(stmt, i, v->number);
    if (!v->text)
        return sqlite3_bind_null(stmt, i);
    return sqlite3_bind_text64(stmt, i, v->text, v->len, SQLITE_STATIC, SQLITE_UTF8);
}

static apr_status_t row(chat_stmt_t *s)
{
    int rc = sqlite3_step(s->native);
    if (rc == SQLITE_ROW)
        return APR_SUCCESS;
    if (rc != SQLITE_DONE)
        return status_of(s->db, rc);
    s->changed = sqlite3_changes64(s->db->native);
    return CHAT_NOTFOUND;
}

static apr_status_t start(chat_stmt_t *s, const chat_value_t *values, int n)
{
    apr_status_t rv;
    if (!s->native && (rv = prepare(s)) != APR_SUCCESS)
        return rv;
    for (int i = 0; i < n; i++) {
        int rc = bind_value(s->native, i + 1, &values[i]);
        if (rc != SQLITE_OK)
            return status_of(s->db, rc);
    }
    return APR_SUCCESS;
}

static void finish(chat_stmt_t *s)
{
    if (s->native)
        sqlite3_reset(s->native);
}

/* Every sqlite3_column_* call locks the connection's mutex, needlessly: a connection is
 * used by one thread at a time. The value of a column is fetched once and read without.
 */
static sqlite3_value *value(chat_stmt_t *s, int column)
{
    return sqlite3_column_value(s->native, column);
}

static int is_null(chat_stmt_t *s, int column)
{
    return sqlite3_value_type(value(s, column)) == SQLITE_NULL;
}

static apr_int64_t integer(chat_stmt_t *s, int column)
{
    return sqlite3_value_int64(value(s, column));
}

static const char *text(chat_stmt_t *s, int column, apr_size_t *len)
{
    sqlite3_value *v = value(s, column);
    const char *t = (const char *)sqlite3_value_text(v);
    *len = t ? (apr_size_t)sqlite3_value_bytes(v) : 0;
    return t;
}

static int columns(chat_stmt_t *s)
{
    return sqlite3_column_count(s->native);
}

static void reset(chat_db_t *db)
{
    for (int i = 0; i < CHAT_SQL_COUNT; i++)
        chat_sql_end(&db->stmts[i]);
    if (!sqlite3_get_autocommit(db->native))
        sqlite3_exec(db->native, "ROLLBACK", NULL, NULL, NULL);
}

static apr_status_t probe(chat_stmt_t *s)
{
    return s->native ? APR_SUCCESS : prepare(s);
}

static void finalize_all(chat_db_t *db)
{
    for (int i = 0; i < CHAT_SQL_COUNT; i++) {
        chat_sql_end(&db->stmts[i]);
        sqlite3_finalize(db->stmts[i].native);
        db->stmts[i].native = NULL;
    }
}

static int configure(sqlite3 *native)
{
    sqlite3_extended_result_codes(native, 1);
    /* first of all: the pragmas may already meet a lock */
    sqlite3_busy_timeout(native, 5000);
    return sqlite3_exec(native,
                        "PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
                        "PRAGMA journal_size_limit=8388608; PRAGMA cache_size=-8000;"
                        "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0",
                        NULL, NULL, NULL);
}

/* The file was replaced: apr_dbd's handle stays on the old one, ours is opened beside. */
static apr_status_t revive(chat_db_t *db)
{
    const char *file = sqlite3_db_filename(db->native, "main");
    sqlite3 *fresh = NULL;
    int rc = sqlite3_open_v2(file, &fresh, SQLITE_OPEN_READWRITE, NULL);
    if (rc == SQLITE_OK)
        rc = configure(fresh);
    if (rc != SQLITE_OK) {
        apr_cpystrn(db->error, fresh ? sqlite3_errmsg(fresh) : "out of memory",
                    sizeof(db->error));
        sqlite3_close(fresh);
        return CHAT_BROKEN;
    }
    finalize_all(db);
    sqlite3_close(db->opened);
    db->native = db->opened = fresh;
    db->wal = 0;
    return APR_SUCCESS;
}

const chat_engine_t chat_engine_sqlite = {
    "sqlite3", 1,    0,     start, row,    finish,  is_null,
    integer,   text, reset, probe, revive, columns,
};

/* Runs before apr_dbd closes the connection: a statement left open would keep it from it.
 */
static apr_status_t end(void *data)
{
    chat_db_t *db = data;
    finalize_all(db);
    sqlite3_close(db->opened);
    db->opened = NULL;
    return APR_SUCCESS;
}

int chat_sqlite_moved(chat_db_t *db)
{
    const char *file = sqlite3_db_filename(db->native, "main");
    struct stat st;
    int moved = 0;
    sqlite3_file_control(db->native, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    /* An open connection keeps others from removing the log. */
    if (moved || stat(sqlite3_filename_wal(file), &st) != 0)
        return 1;
    if (!db->wal)
        db->wal = st.st_ino;
    return db->wal != st.st_ino;
}

apr_int64_t chat_sqlite_written(chat_db_t *db)
{
    return sqlite3_get_autocommit(db->native) ? -1 : sqlite3_total_changes(db->native);
}

apr_status_t chat_sqlite_sync(chat_db_t *db)
{
    sqlite3_file *log = NULL;
    int rc = sqlite3_file_control(db->native, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (rc == SQLITE_OK && log && log->pMethods)
        rc = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
    if (rc == SQLITE_OK)
        return APR_SUCCESS;
    apr_snprintf(db->error, sizeof(db->error), "the log cannot be synced: %s",
                 sqlite3_errstr(rc));
    return CHAT_BROKEN;
}

apr_status_t chat_sqlite_restart_log(chat_db_t *db)
{
    int rc = sqlite3_wal_checkpoint_v2(db->native, "main", SQLITE_CHECKPOINT_TRUNCATE,
                                       NULL, NULL);
    return rc == SQLITE_OK ? APR_SUCCESS : status_of(db, rc);
}

apr_status_t chat_sqlite_check_version(chat_db_t *db, int version)
{
    if (version >= VERSION_MIN)
        return APR_SUCCESS;
    apr_snprintf(db->error, sizeof(db->error),
                 "SQLite %d.%d.%d is too old: DBDriver sqlite3 needs 3.37 or later; "
                 "DBDriver pgsql does not",
                 version / 1000000, version / 1000 % 1000, version % 1000);
    return CHAT_BROKEN;
}

apr_status_t chat_sqlite_setup(chat_db_t *db)
{
    apr_status_t rv = chat_sqlite_check_version(db, sqlite3_libversion_number());
    int rc;
    if (rv != APR_SUCCESS)
        return rv;
    db->native = apr_dbd_native_handle(db->driver, db->handle);
    rc = configure(db->native);
    apr_pool_cleanup_register(db->pool, db, end, apr_pool_cleanup_null);
    /* a pooled connection may be of a file that was replaced since */
    return rc == SQLITE_OK ? APR_SUCCESS : revive(db);
}
