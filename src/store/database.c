/* SPDX-License-Identifier: Apache-2.0 */
/* Naming, opening and migrating databases. */
#include "store/database.h"

#include "base/crypt.h"
#include "store/chatroom.h"
#include "store/db_pgsql.h"
#include "store/db_sqlite.h"
#include "store/writer.h"

#include <apr_escape.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void chat_database_init(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/* The path in SQLite's "file:PATH?options" form, or the name itself. */
static const char *sqlite_path(const char *params, apr_pool_t *pool)
{
    const char *path = params, *end;
    if (strncmp(params, "file:", 5) != 0)
        return params;
    path += 5;
    if (!strncmp(path, "//", 2))
        path = strchr(path + 2, '/');
    if (!path)
        return NULL;
    end = path + strcspn(path, "?#");
    return apr_pstrmemdup(pool, path, end - path);
}

apr_status_t chat_database_parse(chat_database_t *out, const char **why,
                                 const char *driver, const char *params, apr_pool_t *pool)
{
    out->driver = apr_pstrdup(pool, driver);
    out->params = apr_pstrdup(pool, params);
    out->file = NULL;
    if (!strcmp(driver, "pgsql"))
        return APR_SUCCESS;
    if (strcmp(driver, "sqlite3") != 0) {
        *why = apr_psprintf(pool, "driver \"%s\" is not supported; use sqlite3 or pgsql",
                            driver);
        return CHAT_MALFORMED;
    }
    out->file = sqlite_path(out->params, pool);
    if (!out->file || out->file[0] != '/') {
        *why = apr_psprintf(pool,
                            "\"%s\" is not the absolute path of a file, as in "
                            "/var/lib/mod_chat/chat.db",
                            params);
        return CHAT_MALFORMED;
    }
    return APR_SUCCESS;
}

/* FILE without symbolic links; its last part need not exist. */
static const char *real_path(char out[PATH_MAX], const char *file)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(file, '/');
    if (realpath(file, out) || !slash)
        return out;
    apr_snprintf(folder, sizeof(folder), "%.*s", (int)(slash - file + 1), file);
    if (!realpath(folder, out) || strlen(out) + strlen(slash) >= PATH_MAX)
        return file;
    memmove(out + strlen(out), slash, strlen(slash) + 1);
    return out;
}

int chat_database_same(const chat_database_t *a, const chat_database_t *b)
{
    char one[PATH_MAX], two[PATH_MAX];
    if (strcmp(a->driver, b->driver) != 0)
        return 0;
    if (!a->file || !b->file)
        return !strcmp(a->params, b->params);
    return !strcmp(real_path(one, a->file), real_path(two, b->file));
}

void chat_database_mark(char out[CHAT_DATABASE_MARK_SIZE], const chat_database_t *d)
{
    char path[PATH_MAX], hash[CHAT_HASH_SIZE];
    const char *text = d->file ? real_path(path, d->file) : d->params;
    chat_hash_keyed(hash, &(chat_secret_t){{0}}, "mark", text, strlen(text));
    apr_cpystrn(out, hash, CHAT_DATABASE_MARK_SIZE);
}

apr_status_t chat_db_setup(chat_db_t **out, const apr_dbd_driver_t *driver,
                           apr_dbd_t *handle, apr_pool_t *conn_pool)
{
    chat_db_t *db = apr_pcalloc(conn_pool, sizeof(*db));
    const char *name = apr_dbd_name(driver);
    apr_status_t rv = APR_SUCCESS;
    db->driver = driver;
    db->handle = handle;
    db->pool = conn_pool;
    if (!strcmp(name, "sqlite3")) {
        db->engine = &chat_engine_sqlite;
        rv = chat_sqlite_setup(db);
    }
    else if (!strcmp(name, "pgsql")) {
        db->engine = &chat_engine_pgsql;
        rv = chat_pgsql_setup(db);
    }
    else {
        *out = NULL;
        return CHAT_MALFORMED;
    }
    if (rv == APR_SUCCESS)
        apr_pool_userdata_setn(db, "chat-db", NULL, conn_pool);
    *out = db;
    return rv;
}

chat_db_t *chat_db_of_pool(apr_pool_t *conn_pool)
{
    void *db = NULL;
    apr_pool_userdata_get(&db, "chat-db", conn_pool);
    return db;
}

static apr_status_t single_acquire(chat_db_t **db, void **lease, apr_interval_time_t wait,
                                   void *baton)
{
    (void)wait;
    *db = baton;
    *lease = NULL;
    return APR_SUCCESS;
}

static void single_release(void *lease, void *baton)
{
    (void)lease;
    (void)baton;
}

typedef struct connection_t {
    const apr_dbd_driver_t *driver;
    apr_dbd_t *handle;
} connection_t;

static apr_status_t close_connection(void *data)
{
    connection_t *c = data;
    apr_dbd_close(c->driver, c->handle);
    return APR_SUCCESS;
}

/* Time-outs of our own; libpq takes the last of two. */
static const char *params_of(const chat_database_t *database, apr_pool_t *pool)
{
    if (database->file || strstr(database->params, "://"))
        return database->params;
    return apr_pstrcat(pool,
                       "connect_timeout=2 tcp_user_timeout=3000 keepalives_idle=5 "
                       "keepalives_interval=2 keepalives_count=3 ",
                       database->params, NULL);
}

static apr_status_t open_connection(chat_db_t **db, const chat_database_t *database,
                                    const char **why, apr_pool_t *pool)
{
    connection_t *c = apr_palloc(pool, sizeof(*c));
    apr_pool_t *conn_pool;
    const char *error = NULL;
    apr_status_t rv;
    apr_dbd_init(pool);
    rv = apr_dbd_get_driver(pool, database->driver, &c->driver);
    if (rv != APR_SUCCESS) {
        *why = apr_psprintf(pool, "apr_dbd has no driver %s (Debian: libaprutil1-dbd-%s)",
                            database->driver, database->driver);
        return rv;
    }
    rv = apr_dbd_open_ex(c->driver, pool, params_of(database, pool), &c->handle, &error);
    if (rv != APR_SUCCESS) {
        *why = apr_psprintf(pool, "cannot open the database: %s",
                            error ? error : "no reason");
        return CHAT_LOST;
    }
    apr_pool_cleanup_register(pool, c, close_connection, apr_pool_cleanup_null);
    apr_pool_create(&conn_pool, pool);
    rv = chat_db_setup(db, c->driver, c->handle, conn_pool);
    if (rv != APR_SUCCESS)
        *why = apr_psprintf(pool, "cannot use the database: %s", (*db)->error);
    return rv;
}

/* SQLite would wait for the other end of a pipe. FILLED: an empty file is an error. */
static int is_there(const chat_database_t *database, int filled, const char **why,
                    apr_pool_t *pool)
{
    struct stat st;
    if (!database->file)
        return 1;
    if (stat(database->file, &st) != 0)
        *why = apr_psprintf(pool, "there is no database %s", database->file);
    else if (!S_ISREG(st.st_mode))
        *why = apr_psprintf(pool, "%s is not a file", database->file);
    else if (filled && !st.st_size)
        *why = apr_psprintf(pool, "%s is empty", database->file);
    else
        return 1;
    return 0;
}

apr_status_t chat_source_single(chat_source_t *out, const chat_database_t *database,
                                const char **why, apr_pool_t *pool)
{
    chat_db_t *db;
    apr_status_t rv;
    if (!is_there(database, 1, why, pool))
        return CHAT_NOTFOUND;
    rv = open_connection(&db, database, why, pool);
    out->acquire = single_acquire;
    out->release = single_release;
    out->baton = db;
    return rv;
}

/* A file that root's SQLite creates would be root's; its log files follow the owner of
 * the main file, so only that one has to be right. */
static apr_status_t create_file(const char *file, long uid, long gid, const char **why,
                                apr_pool_t *pool)
{
    int fd = open(file, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0640);
    apr_status_t rv = APR_SUCCESS;
    if (fd < 0 && errno == EEXIST)
        return APR_SUCCESS;
    if (fd < 0) {
        rv = errno;
        *why = apr_psprintf(pool, "cannot create %s: %pm", file, &rv);
        return rv;
    }
    if (uid != -1 && fchown(fd, (uid_t)uid, (gid_t)gid) != 0) {
        rv = errno;
        *why = apr_psprintf(pool, "cannot give %s to its user: %pm", file, &rv);
    }
    close(fd);
    return rv;
}

typedef struct schema_t {
    chat_db_t *db;
    const chat_sql_step_t *steps;
    apr_pool_t *pool;
    const char **why;
} schema_t;

static apr_status_t failed(schema_t *m, const char *sql, int rc)
{
    const char *text = m->db->native ? sqlite3_errmsg(m->db->native)
                                     : apr_dbd_error(m->db->driver, m->db->handle, rc);
    *m->why =
        apr_psprintf(m->pool, "%.*s (in: %.60s)", (int)strcspn(text, "\n"), text, sql);
    return CHAT_BROKEN;
}

static apr_status_t run(schema_t *m, const char *sql)
{
    int rows = 0, rc;
    if (m->db->native)
        rc = sqlite3_exec(m->db->native, sql, NULL, NULL, NULL);
    else
        rc = apr_dbd_query(m->db->driver, m->db->handle, &rows, sql);
    return rc ? failed(m, sql, rc) : APR_SUCCESS;
}

/* The schema's version; -1 when there is no schema yet. */
static apr_status_t read_version(schema_t *m, int *version)
{
    chat_tx_t tx = {.db = m->db};
    apr_int64_t n;
    apr_status_t rv = chat_sql_one(&n, &tx, CHAT_SQL_schema_tables, "");
    *version = -1;
    if (rv != APR_SUCCESS || n == 0)
        return rv;
    rv = chat_sql_one(&n, &tx, CHAT_SQL_schema_version, "");
    if (rv == APR_SUCCESS)
        *version = (int)n;
    return rv;
}

static apr_status_t apply(schema_t *m, int version, int latest)
{
    apr_status_t rv = APR_SUCCESS;
    chat_tx_t tx = {.db = m->db};
    apr_int64_t room;
    if (version < 0) {
        rv = run(m, "CREATE TABLE schema_version (version BIGINT NOT NULL)");
        if (rv == APR_SUCCESS)
            rv = chat_sql_do(NULL, &tx, CHAT_SQL_schema_version_insert, "d", 0);
    }
    for (const chat_sql_step_t *s = m->steps; rv == APR_SUCCESS && s->step; s++) {
        if (s->step > version)
            rv = run(m, s->text);
    }
    if (rv == APR_SUCCESS)
        rv = chat_sql_do(NULL, &tx, CHAT_SQL_schema_version_set, "d", latest);
    if (rv == APR_SUCCESS && version < 1)
        rv = chat_room_insert_usual(&room, &tx, "default", apr_time_now(), m->pool);
    return rv;
}

static int latest_of(const chat_sql_step_t *steps)
{
    int latest = 0;
    for (; steps->step; steps++)
        latest = steps->step > latest ? steps->step : latest;
    return latest;
}

static apr_status_t migrate(schema_t *m)
{
    int version, latest = latest_of(m->steps);
    apr_status_t rv = read_version(m, &version);
    if (rv != APR_SUCCESS)
        return rv;
    if (version > latest) {
        *m->why = apr_psprintf(m->pool,
                               "the database has schema %d, written by a newer version; "
                               "this one knows %d",
                               version, latest);
        return CHAT_TOOBIG;
    }
    return version == latest ? APR_SUCCESS : apply(m, version, latest);
}

/* --- what a file holds --- */

static int ask(int *out, sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
        *out = sqlite3_column_int(stmt, 0);
    return sqlite3_finalize(stmt) | rc;
}

/* Whether FILE has a schema, and whether it is ours. HOW: "immutable=1" looks at the main
 * file alone, since the usual way of opening leaves files beside it. Returns SQLite's
 * code. */
static int look(int *any, int *ours, const char *file, const char *how, const char **why,
                apr_pool_t *pool)
{
    const char *uri =
        apr_pstrcat(pool, "file:", apr_pescape_path(pool, file, 1), "?", how, NULL);
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
    if (rc == SQLITE_OK)
        rc = ask(any, db, "PRAGMA schema_version");
    if (rc == SQLITE_OK)
        rc = ask(ours, db, chat_sql_table[CHAT_SQL_schema_tables].sqlite);
    if (rc != SQLITE_OK)
        *why = apr_psprintf(pool, "%s cannot be read: %s", file, sqlite3_errmsg(db));
    sqlite3_close(db);
    return rc & 0xff;
}

/* *OURS: 0 when the file is empty. The log may have the first tables, or be on its way
 * into the file at the moment. */
static apr_status_t look_at_file(int *ours, const char *file, const char **why,
                                 apr_pool_t *pool)
{
    int any = 0, rc;
    struct stat log;
    *ours = 0;
    if (stat(apr_pstrcat(pool, file, "-wal", NULL), &log) != 0)
        log.st_size = 0;
    if (log.st_size && chat_sqlite_judge(file, why) != APR_SUCCESS)
        return CHAT_LOST;
    /* immutable lets go of the locks that this process may have on the file */
    rc = look(&any, ours, file,
              access(apr_pstrcat(pool, file, "-shm", NULL), F_OK) ? "immutable=1"
                                                                  : "mode=ro",
              why, pool);
    if (!*ours && rc != SQLITE_NOTADB && log.st_size)
        rc = look(&any, ours, file, "mode=ro", why, pool);
    if (rc == SQLITE_OK && (!any || *ours))
        return APR_SUCCESS;
    if (rc != SQLITE_OK && rc != SQLITE_NOTADB)
        return CHAT_BROKEN;
    *why = apr_psprintf(pool, "%s is not a database of mod_chat", file);
    return CHAT_MALFORMED;
}

apr_status_t chat_schema_version(int *version, int *latest, chat_tx_t *tx)
{
    apr_int64_t n = 0;
    apr_status_t rv = chat_sql_one(&n, tx, CHAT_SQL_schema_version, "");
    *version = (int)n;
    *latest = latest_of(tx->db->native ? chat_sql_schema_sqlite : chat_sql_schema_pgsql);
    return rv;
}

apr_status_t chat_store_look(int *version, int *latest, const chat_database_t *database,
                             const char **why, apr_pool_t *pool)
{
    schema_t m = {.pool = pool, .why = why};
    apr_pool_t *scratch;
    apr_status_t rv = APR_SUCCESS;
    int ours = 1;
    *version = -1;
    *latest = latest_of(database->file ? chat_sql_schema_sqlite : chat_sql_schema_pgsql);
    if (!is_there(database, 0, why, pool))
        return CHAT_NOTFOUND;
    if (database->file)
        rv = look_at_file(&ours, database->file, why, pool);
    if (rv != APR_SUCCESS || !ours)
        return rv;
    apr_pool_create(&scratch, pool);
    rv = open_connection(&m.db, database, why, scratch);
    if (rv == APR_SUCCESS && (rv = read_version(&m, version)) != APR_SUCCESS)
        *why = apr_pstrdup(pool, m.db->error);
    else if (rv != APR_SUCCESS)
        *why = apr_pstrdup(pool, *why);
    apr_pool_destroy(scratch);
    return rv;
}

static const char *switch_journal(int *rc, sqlite3 *db, const char *sql, apr_pool_t *pool)
{
    sqlite3_stmt *stmt = NULL;
    const char *mode = "";
    *rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    if (*rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
        mode = apr_pstrdup(pool, (const char *)sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
    return mode;
}

/* WAL is a property of the file; a file system that cannot share memory refuses it. A
 * database that others have open gets its first stamp at a later start. */
static apr_status_t set_wal(schema_t *m)
{
    sqlite3 *db = m->db->native;
    const char *mode;
    int stamp = 0, rc = ask(&stamp, db, "PRAGMA user_version");
    if (rc == SQLITE_OK && !stamp) {
        mode = switch_journal(&rc, db, "PRAGMA journal_mode=DELETE", m->pool);
        if (!strcmp(mode, "delete"))
            chat_sqlite_set_first_stamp(m->db);
    }
    mode = switch_journal(&rc, db, "PRAGMA journal_mode=WAL", m->pool);
    if (rc != SQLITE_OK)
        return failed(m, "PRAGMA journal_mode", rc);
    if (!strcmp(mode, "wal"))
        return APR_SUCCESS;
    *m->why = apr_psprintf(m->pool,
                           "the database cannot use a write-ahead log (journal mode "
                           "\"%s\"); is it on a network file system?",
                           mode);
    return CHAT_BROKEN;
}

/* Counts for a file without tables, and for the next VACUUM. */
#define SHRINKS "PRAGMA auto_vacuum=INCREMENTAL"

static apr_status_t begin(schema_t *m, const chat_database_t *database)
{
    apr_status_t rv;
    if (database->file) {
        m->steps = chat_sql_schema_sqlite;
        rv = run(m, SHRINKS);
        if (rv == APR_SUCCESS)
            rv = set_wal(m);
        return rv == APR_SUCCESS ? run(m, "BEGIN IMMEDIATE") : rv;
    }
    m->steps = chat_sql_schema_pgsql;
    rv = run(m, "BEGIN");
    /* several web servers may start at once */
    if (rv == APR_SUCCESS)
        rv = chat_sql_do(NULL, &(chat_tx_t){.db = m->db}, CHAT_SQL_schema_lock, "");
    return rv;
}

static apr_status_t migrate_on(schema_t *m, const chat_database_t *database)
{
    apr_status_t rv = begin(m, database);
    if (rv == APR_SUCCESS)
        rv = migrate(m);
    if (rv == APR_SUCCESS)
        rv = run(m, "COMMIT");
    if (rv != APR_SUCCESS && !**m->why)
        *m->why = m->db->error;
    return rv;
}

/* Switching to the write-ahead log does not wait for others who do the same. */
static apr_status_t lock_file(int *fd, const chat_database_t *database, const char **why,
                              apr_pool_t *pool)
{
    apr_status_t rv;
    *fd = chat_writer_open_lock(database->file, pool);
    rv = *fd < 0 ? errno : chat_writer_lock(*fd);
    if (rv != APR_SUCCESS)
        *why = apr_psprintf(pool, "cannot lock %s.lock: %s", database->file,
                            rv == CHAT_BUSY ? "another process holds the lock"
                                            : apr_psprintf(pool, "%pm", &rv));
    return rv;
}

static apr_status_t bring_up(const chat_database_t *database, long uid, long gid,
                             const char **why, apr_pool_t *pool)
{
    schema_t m = {.pool = pool, .why = why};
    apr_pool_t *scratch;
    apr_status_t rv = APR_SUCCESS;
    int fd = -1, ours;
    *why = "";
    apr_pool_create(&scratch, pool);
    if (database->file && !access(database->file, F_OK))
        rv = look_at_file(&ours, database->file, why, scratch);
    if (rv == APR_SUCCESS && database->file)
        rv = create_file(database->file, uid, gid, why, pool);
    if (rv == APR_SUCCESS && database->file)
        rv = lock_file(&fd, database, why, pool);
    if (rv == APR_SUCCESS)
        rv = open_connection(&m.db, database, why, scratch);
    if (rv == APR_SUCCESS)
        rv = migrate_on(&m, database);
    if (rv == APR_SUCCESS && database->file)
        chat_sqlite_checkpoint(&(chat_tx_t){.db = m.db});
    if (rv != APR_SUCCESS)
        *why = apr_pstrdup(pool, **why ? *why : "no reason given");
    apr_pool_destroy(scratch);
    if (fd >= 0)
        close(fd);
    return rv;
}

/* The log's first group marks it as this file's; VACUUM cannot be in a group. */
static apr_status_t compact_file(schema_t *m)
{
    chat_tx_t tx = {.db = m->db, .writing = 1};
    apr_status_t rv = chat_tx_begin(&tx);
    if (rv == APR_SUCCESS)
        rv = chat_sqlite_mark(&tx);
    if (rv == APR_SUCCESS)
        rv = chat_tx_commit(&tx);
    if (rv == APR_SUCCESS)
        rv = run(m, SHRINKS);
    if (rv == APR_SUCCESS)
        rv = run(m, "VACUUM");
    if (rv != APR_SUCCESS)
        return rv;
    chat_sqlite_checkpoint(&tx);
    return chat_sqlite_restart_log(m->db);
}

apr_status_t chat_store_compact(const chat_database_t *database, const char **why,
                                apr_pool_t *pool)
{
    schema_t m = {.pool = pool, .why = why};
    apr_pool_t *scratch;
    apr_status_t rv = APR_SUCCESS;
    int fd = -1;
    *why = "";
    apr_pool_create(&scratch, pool);
    if (database->file)
        rv = lock_file(&fd, database, why, pool);
    if (rv == APR_SUCCESS)
        rv = open_connection(&m.db, database, why, scratch);
    if (rv == APR_SUCCESS)
        rv = database->file ? compact_file(&m) : run(&m, "VACUUM FULL");
    if (rv != APR_SUCCESS)
        *why = apr_pstrdup(pool, **why ? *why : m.db ? m.db->error : "no reason given");
    apr_pool_destroy(scratch);
    if (fd >= 0)
        close(fd);
    return rv;
}

/* As root: UID can write in the file's folder and could lead root to another file. */
apr_status_t chat_store_migrate(const chat_database_t *database, long uid, long gid,
                                const char **why, apr_pool_t *pool)
{
    int switched = database->file && uid > 0 && geteuid() == 0;
    gid_t before = getegid();
    apr_status_t rv = APR_SUCCESS;
    if (switched && (setegid((gid_t)gid) || seteuid((uid_t)uid))) {
        rv = errno;
        *why = apr_psprintf(pool, "cannot work as user %ld: %pm", uid, &rv);
    }
    if (rv == APR_SUCCESS)
        rv = bring_up(database, uid, gid, why, pool);
    if (switched && (seteuid(0) || setegid(before)))
        abort();
    return rv;
}
