/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite: native statements on the connection that apr_dbd opened. apr_dbd's own calls
 * lock one mutex per process around every step, lose error codes and break on a schema
 * change. */
#include "store/db_sqlite.h"

#include "base/crypt.h"

#include <apr_strings.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

/* The stamp is the number that SQLite calls user_version; its place in the file. */
#define STAMP_OFFSET 60
/* Far from 0, the stamp of a backup, and from the largest number. */
#define STAMP_FIRST (1 << 29)
#define STAMP_STEPS (1 << 24)
/* The head of the wal-index, and two of its 32-bit numbers: how many frames the log has,
 * and how many of them are in the file. */
#define INDEX_BYTES 32768
#define INDEX_FRAMES 4
#define INDEX_MOVED 24

static const char foreign_log[] =
    "its -wal file belongs to other content: a copy was put over the database, or the "
    "-wal file was deleted or replaced; if the database file alone is right and whole, "
    "stop httpd and remove the -wal file";

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

static void finalize_all(chat_db_t *db)
{
    for (int i = 0; i < CHAT_SQL_COUNT; i++) {
        chat_sql_end(&db->stmts[i]);
        sqlite3_finalize(db->stmts[i].native);
        db->stmts[i].native = NULL;
    }
}

/* --- the stamp --- */

/* Through SQLite's own descriptor: closing another one would take away the locks that
 * this process has on the file. */
static apr_uint32_t stamp_in_file(sqlite3 *native)
{
    unsigned char b[4] = {0};
    sqlite3_file *file = NULL;
    sqlite3_file_control(native, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (!file || !file->pMethods ||
        file->pMethods->xRead(file, b, sizeof(b), STAMP_OFFSET) != SQLITE_OK)
        return 0;
    return (apr_uint32_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
}

/* The stamp of the log is that of the file when the log has none of its own. */
static int belongs(apr_uint32_t file, apr_uint32_t log)
{
    return log == file || log - file <= (log & 1 ? 1 : 2);
}

/* SQLite makes an empty one when it finds none, whatever the index that others have open
 * says about it. */
static int is_log_lost(sqlite3 *native)
{
    sqlite3_file *file = NULL, *log = NULL;
    void volatile *at = NULL;
    sqlite3_int64 size = 0;
    sqlite3_file_control(native, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    sqlite3_file_control(native, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (!file || !file->pMethods || file->pMethods->iVersion < 2 || !log ||
        !log->pMethods || log->pMethods->xFileSize(log, &size) != SQLITE_OK || size > 0)
        return 0;
    if (file->pMethods->xShmMap(file, 0, INDEX_BYTES, 0, &at) != SQLITE_OK || !at)
        return 0;
    return ((apr_uint32_t volatile *)at)[INDEX_FRAMES] >
           ((apr_uint32_t volatile *)at)[INDEX_MOVED];
}

/* Whether the log is not the file's. While a row is read, the file gets nothing from the
 * log that came later. */
static int is_foreign(sqlite3 *native)
{
    sqlite3_stmt *stmt = NULL;
    int foreign = 0;
    if (sqlite3_prepare_v2(native, "PRAGMA user_version", -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        foreign =
            !belongs(stamp_in_file(native), (apr_uint32_t)sqlite3_column_int(stmt, 0));
    foreign = foreign || is_log_lost(native);
    sqlite3_finalize(stmt);
    return foreign;
}

/* The last one to close the file writes the log into it. */
static void keep_log(sqlite3 *native)
{
    if (is_foreign(native))
        sqlite3_db_config(native, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

static void close_native(sqlite3 *native)
{
    if (native)
        keep_log(native);
    sqlite3_close(native);
}

apr_status_t chat_sqlite_judge(const char *file, const char **why)
{
    sqlite3 *native = NULL;
    struct stat st;
    int foreign = 0;
    /* SQLite would delete the log beside an empty one */
    if (stat(file, &st) != 0 || !st.st_size)
        return APR_SUCCESS;
    if (sqlite3_open_v2(file, &native, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
        sqlite3_busy_timeout(native, 5000);
        sqlite3_db_config(native, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        foreign = is_foreign(native);
    }
    sqlite3_close(native);
    *why = foreign ? foreign_log : *why;
    return foreign ? CHAT_LOST : APR_SUCCESS;
}

static int set_stamp(sqlite3 *native, apr_uint32_t stamp)
{
    char sql[48];
    apr_snprintf(sql, sizeof(sql), "PRAGMA user_version=%u", stamp);
    return sqlite3_exec(native, sql, NULL, NULL, NULL);
}

void chat_sqlite_set_first_stamp(chat_db_t *db)
{
    apr_uint32_t stamp;
    chat_random_bytes((unsigned char *)&stamp, sizeof(stamp));
    set_stamp(db->native, STAMP_FIRST | (stamp & (STAMP_FIRST - 2)));
}

apr_status_t chat_sqlite_mark(chat_tx_t *tx)
{
    sqlite3 *native = tx->db->native;
    apr_uint32_t file = stamp_in_file(native), log;
    apr_int64_t n;
    apr_status_t rv = chat_sql_one(&n, tx, CHAT_SQL_stamp, "");
    if (rv != APR_SUCCESS)
        return rv;
    log = (apr_uint32_t)n;
    if (!belongs(file, log)) {
        apr_cpystrn(tx->db->error, foreign_log, sizeof(tx->db->error));
        return CHAT_LOST;
    }
    if (log && log == file && !(log & 1) && set_stamp(native, log + 1) != SQLITE_OK)
        return status_of(tx->db, sqlite3_errcode(native));
    return APR_SUCCESS;
}

void chat_sqlite_checkpoint(chat_tx_t *tx)
{
    sqlite3 *native = tx->db->native;
    apr_int64_t n;
    apr_uint32_t log;
    if (chat_sql_one(&n, tx, CHAT_SQL_stamp, "") != APR_SUCCESS)
        return;
    log = (apr_uint32_t)n;
    /* an even one that is not in the file yet waits for the readers of older frames */
    if (log && (log & 1 || log == stamp_in_file(native)))
        set_stamp(native, (log + 2) & ~1u);
    sqlite3_wal_checkpoint_v2(native, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

/* --- connections --- */

static int count_frames(void *baton, sqlite3 *native, const char *name, int frames)
{
    chat_db_t *db = baton;
    (void)native;
    (void)name;
    db->frames = frames;
    return SQLITE_OK;
}

static int configure(chat_db_t *db, sqlite3 *native)
{
    sqlite3_extended_result_codes(native, 1);
    /* first of all: the pragmas may already meet a lock */
    sqlite3_busy_timeout(native, 5000);
    /* instead of the checkpoints that SQLite makes by itself, into whatever file */
    sqlite3_wal_hook(native, count_frames, db);
    return sqlite3_exec(native,
                        "PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
                        "PRAGMA journal_size_limit=8388608; PRAGMA cache_size=-8000;"
                        "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0",
                        NULL, NULL, NULL);
}

/* The file was replaced: apr_dbd's handle stays on the old one, ours is opened beside. */
static apr_status_t revive(chat_db_t *db)
{
    const char *file = sqlite3_db_filename(db->native, "main"), *why = NULL;
    sqlite3 *fresh = NULL;
    apr_status_t rv = chat_sqlite_judge(file, &why);
    int rc = sqlite3_open_v2(file, &fresh, SQLITE_OPEN_READWRITE, NULL);
    if (rv == APR_SUCCESS && (rc != SQLITE_OK || configure(db, fresh) != SQLITE_OK))
        rv = CHAT_BROKEN;
    if (rv != APR_SUCCESS) {
        apr_cpystrn(db->error,
                    why     ? why
                    : fresh ? sqlite3_errmsg(fresh)
                            : "out of memory",
                    sizeof(db->error));
        sqlite3_close(fresh);
        return rv;
    }
    finalize_all(db);
    close_native(db->opened);
    db->native = db->opened = fresh;
    db->wal = 0;
    db->frames = 0;
    return APR_SUCCESS;
}

const chat_engine_t chat_engine_sqlite = {
    "sqlite3", 1, 0, start, row, finish, is_null, integer, text, reset, revive, columns,
};

/* Runs before apr_dbd closes the connection: a statement left open would keep it from it.
 */
static apr_status_t end(void *data)
{
    chat_db_t *db = data;
    finalize_all(db);
    keep_log(apr_dbd_native_handle(db->driver, db->handle));
    close_native(db->opened);
    db->opened = NULL;
    return APR_SUCCESS;
}

int chat_sqlite_moved(chat_db_t *db, apr_uint32_t *seen)
{
    /* in this order: others make both grow */
    apr_uint32_t known = __atomic_load_n(seen, __ATOMIC_ACQUIRE);
    apr_uint32_t stamp = stamp_in_file(db->native);
    const char *file = sqlite3_db_filename(db->native, "main");
    struct stat st;
    int moved = 0;
    sqlite3_file_control(db->native, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    /* An open connection keeps others from removing the log. */
    if (moved || (known && stamp - known >= STAMP_STEPS) ||
        stat(sqlite3_filename_wal(file), &st) != 0)
        return 1;
    if (!db->wal)
        db->wal = st.st_ino;
    if (known != stamp)
        __atomic_store_n(seen, stamp, __ATOMIC_RELEASE);
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
    const char *why = NULL;
    if (rv != APR_SUCCESS)
        return rv;
    db->native = apr_dbd_native_handle(db->driver, db->handle);
    rv = chat_sqlite_judge(sqlite3_db_filename(db->native, "main"), &why);
    if (rv != APR_SUCCESS) {
        apr_cpystrn(db->error, why, sizeof(db->error));
        return rv;
    }
    apr_pool_cleanup_register(db->pool, db, end, apr_pool_cleanup_null);
    /* a pooled connection may be of a file that was replaced since */
    return configure(db, db->native) == SQLITE_OK ? APR_SUCCESS : revive(db);
}
