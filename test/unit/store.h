/* SPDX-License-Identifier: Apache-2.0
 * store.h - databases for tests: a fresh one of each engine, connections for any number
 * of threads, short ways to fill it.
 */
#ifndef CHAT_TEST_STORE_H
#define CHAT_TEST_STORE_H

#include "base/crypt.h"
#include "store/account.h"
#include "store/channel.h"
#include "store/chatroom.h"
#include "store/chatroom_counter.h"
#include "store/db.h"
#include "store/discord.h"
#include "store/event.h"
#include "store/idempotency.h"
#include "store/message.h"
#include "store/outbox.h"
#include "store/post.h"
#include "store/session.h"
#include "unit.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct connection_t {
    apr_pool_t *pool;
    chat_source_t source;
    struct connection_t *next;
} connection_t;

typedef struct fixture_t {
    apr_pool_t *pool;
    char dir[64]; /* a directory of its own */
    chat_database_t database;
    chat_source_t source;
    chat_store_t *store; /* NULL: this engine is not here */
    chat_log_t log;
    pthread_mutex_t mutex;
    connection_t *idle;
    int connections;
    int max_connections; /* 0: any number */
    int wait;            /* ms that a connection is waited for */
    int lines;           /* logged */
    char last[1024];
    chat_tx_t tx; /* of begin() */
    void *lease;
} fixture_t;

#define OK(call) assert_int_equal((call), APR_SUCCESS)
#define IS(call, status) assert_int_equal((call), (status))

static inline void log_line(void *baton, chat_log_level_t level, apr_status_t rv,
                            const char *text)
{
    fixture_t *f = baton;
    (void)level;
    (void)rv;
    pthread_mutex_lock(&f->mutex);
    f->lines++;
    apr_cpystrn(f->last, text, sizeof(f->last));
    pthread_mutex_unlock(&f->mutex);
    if (getenv("CHAT_TEST_LOG"))
        fprintf(stderr, "%s\n", text);
}

static inline connection_t *open_connection(fixture_t *f)
{
    apr_allocator_t *allocator;
    apr_pool_t *pool;
    connection_t *c;
    const char *why = "";
    if (apr_allocator_create(&allocator) != APR_SUCCESS ||
        apr_pool_create_ex(&pool, NULL, NULL, allocator) != APR_SUCCESS)
        return NULL;
    apr_allocator_owner_set(allocator, pool);
    c = apr_pcalloc(pool, sizeof(*c));
    c->pool = pool;
    if (chat_source_single(&c->source, &f->database, &why, pool) == APR_SUCCESS)
        return c;
    if (getenv("CHAT_TEST_LOG"))
        fprintf(stderr, "no connection: %s\n", why);
    apr_pool_destroy(pool);
    return NULL;
}

/* NULL with *FULL set: no more are allowed. */
static inline connection_t *try_connection(fixture_t *f, int *full)
{
    connection_t *c = f->idle;
    *full = !c && f->max_connections && f->connections >= f->max_connections;
    if (c) {
        f->idle = c->next;
    }
    else if (!*full) {
        c = open_connection(f);
        f->connections += c != NULL;
    }
    return c;
}

static inline apr_status_t take_connection(chat_db_t **db, void **lease,
                                           apr_interval_time_t wait, void *baton)
{
    fixture_t *f = baton;
    connection_t *c = NULL;
    void *none;
    int full = 1;
    (void)wait;
    for (int left = f->wait; full && left >= 0; left--) {
        pthread_mutex_lock(&f->mutex);
        c = try_connection(f, &full);
        pthread_mutex_unlock(&f->mutex);
        if (full && left)
            usleep(1000);
    }
    *lease = c;
    if (!c)
        return full ? CHAT_BUSY : CHAT_LOST;
    return c->source.acquire(db, &none, 0, c->source.baton);
}

static inline void give_connection(void *lease, void *baton)
{
    fixture_t *f = baton;
    connection_t *c = lease;
    pthread_mutex_lock(&f->mutex);
    c->next = f->idle;
    f->idle = c;
    pthread_mutex_unlock(&f->mutex);
}

static inline void close_connections(fixture_t *f)
{
    while (f->idle) {
        connection_t *c = f->idle;
        f->idle = c->next;
        f->connections--;
        apr_pool_destroy(c->pool);
    }
}

static inline fixture_t *fixture_create(void)
{
    apr_pool_t *pool;
    fixture_t *f;
    if (apr_initialize() != APR_SUCCESS || apr_pool_create(&pool, NULL) != APR_SUCCESS ||
        chat_crypt_init() != APR_SUCCESS)
        return NULL;
    chat_database_init();
    f = apr_pcalloc(pool, sizeof(*f));
    f->pool = pool;
    pthread_mutex_init(&f->mutex, NULL);
    apr_cpystrn(f->dir, "/tmp/chat-test-XXXXXX", sizeof(f->dir));
    f->log = (chat_log_t){log_line, f, CHAT_LOG_DEBUG};
    f->source = (chat_source_t){take_connection, give_connection, f};
    return mkdtemp(f->dir) ? f : NULL;
}

/* Migrates f->database and opens the store. */
static inline int fixture_open(fixture_t *f)
{
    const char *why = "";
    if (chat_store_migrate(&f->database, -1, -1, &why, f->pool) != APR_SUCCESS ||
        chat_store_create(&f->store, &f->database, &f->source, &f->log, f->pool) !=
            APR_SUCCESS) {
        fprintf(stderr, "no database: %s\n", why);
        return -1;
    }
    return 0;
}

static inline int sqlite_setup(void **state)
{
    fixture_t *f = fixture_create();
    const char *why;
    if (!f)
        return -1;
    *state = f;
    if (chat_database_parse(&f->database, &why, "sqlite3",
                            apr_psprintf(f->pool, "%s/chat.db", f->dir),
                            f->pool) != APR_SUCCESS)
        return -1;
    return fixture_open(f);
}

/* Runs SQL on the database that the server came with. */
static inline int pgsql_admin(fixture_t *f, const char *sql)
{
    const apr_dbd_driver_t *driver;
    apr_dbd_t *handle;
    int rows, rc;
    apr_dbd_init(f->pool);
    if (apr_dbd_get_driver(f->pool, "pgsql", &driver) != APR_SUCCESS ||
        apr_dbd_open(driver, f->pool, getenv("CHAT_TEST_PG"), &handle) != APR_SUCCESS)
        return -1;
    rc = apr_dbd_query(driver, handle, &rows, sql);
    if (rc)
        fprintf(stderr, "%s", apr_dbd_error(driver, handle, rc));
    apr_dbd_close(driver, handle);
    return rc;
}

static inline const char *pgsql_name(fixture_t *f)
{
    return apr_psprintf(f->pool, "chat_%s", strrchr(f->dir, '-') + 1);
}

static inline int pgsql_setup(void **state)
{
    fixture_t *f = fixture_create();
    const char *why, *params = getenv("CHAT_TEST_PG");
    if (!f)
        return -1;
    *state = f;
    if (!params)
        return 0;
    if (pgsql_admin(f, apr_psprintf(f->pool, "CREATE DATABASE \"%s\"", pgsql_name(f))))
        return -1;
    params = apr_psprintf(f->pool, "%s dbname=%s", params, pgsql_name(f));
    if (chat_database_parse(&f->database, &why, "pgsql", params, f->pool) != APR_SUCCESS)
        return -1;
    return fixture_open(f);
}

static inline int fixture_teardown(void **state)
{
    fixture_t *f = *state;
    close_connections(f);
    if (f->store && !f->database.file)
        pgsql_admin(
            f, apr_psprintf(f->pool, "DROP DATABASE \"%s\" WITH (FORCE)", pgsql_name(f)));
    if (system(apr_psprintf(f->pool, "rm -rf %s", f->dir)) != 0)
        return -1;
    /* no apr_terminate: apr_dbd cannot be initialised twice */
    apr_pool_destroy(f->pool);
    return 0;
}

#define ON_SQLITE(f)                                            \
    {                                                           \
#f " (SQLite)", f, sqlite_setup, fixture_teardown, NULL \
    }
#define ON_PGSQL(f)                                                \
    {                                                              \
#f " (PostgreSQL)", f, pgsql_setup, fixture_teardown, NULL \
    }
#define ON_BOTH(f) ON_SQLITE(f), ON_PGSQL(f)

/* The test's database; skips the test when the engine is not here. */
static inline fixture_t *fixture(void **state)
{
    fixture_t *f = *state;
    if (!f->store)
        skip();
    return f;
}

/* An open transaction for typed operations, until commit() or undo(). */
static inline chat_tx_t *begin(fixture_t *f)
{
    memset(&f->tx, 0, sizeof(f->tx));
    f->tx.writing = 1;
    OK(f->source.acquire(&f->tx.db, &f->lease, 0, f->source.baton));
    OK(chat_sql_do(NULL, &f->tx, CHAT_SQL_tx_write, ""));
    return &f->tx;
}

static inline void undo(fixture_t *f)
{
    f->tx.db->engine->reset(f->tx.db);
    if (f->tx.db->scratch)
        apr_pool_clear(f->tx.db->scratch);
    f->source.release(f->lease, f->source.baton);
}

static inline void commit(fixture_t *f)
{
    OK(chat_tx_flush(&f->tx));
    OK(chat_sql_do(NULL, &f->tx, CHAT_SQL_tx_commit, ""));
    undo(f);
}

static inline const char *new_uuid(apr_pool_t *pool)
{
    char uuid[CHAT_UUID_SIZE];
    chat_uuid_random(uuid);
    return apr_pstrdup(pool, uuid);
}

/* An open account of room 1 named NAME, also its key. */
static inline apr_int64_t new_account(chat_tx_t *tx, const char *name, apr_pool_t *pool)
{
    chat_account_t a = {.name_key = name, .created = 1000};
    apr_int64_t id = 0;
    a.who.room = 1;
    a.who.uuid = new_uuid(pool);
    a.who.name = name;
    a.who.state = CHAT_ACCOUNT_OPEN;
    OK(chat_account_insert(&id, tx, &a, NULL));
    return id;
}

static inline apr_int64_t new_channel(chat_tx_t *tx, const char *name, int public,
                                      apr_pool_t *pool)
{
    chat_channel_t c = {.room = 1, .name = name, .public = public, .created = 1000};
    apr_int64_t id = 0;
    c.uuid = new_uuid(pool);
    OK(chat_channel_insert(&id, tx, &c, name, 0));
    return id;
}

/* A message of AUTHOR in CHANNEL (0: a direct one, whose recipients the caller adds). */
static inline apr_status_t put_message(apr_int64_t *id, chat_tx_t *tx, apr_int64_t author,
                                       apr_int64_t channel, const char *body)
{
    chat_message_t m = {.kind = CHAT_MESSAGE_TEXT, .author_name = "somebody"};
    apr_int64_t number;
    apr_status_t rv = chat_tx_number(&number, &m.created, tx, 1);
    if (rv != APR_SUCCESS)
        return rv;
    m.id = CHAT_ROW_ID(1, number);
    m.channel = channel;
    m.author = author;
    m.recipients = channel ? NULL : "somebody";
    m.body = body;
    m.body_len = strlen(body);
    if (id)
        *id = m.id;
    return chat_post_insert(tx, &m, NULL);
}

/* What SQL, a query of one integer, gives on a connection of its own. */
static inline apr_int64_t ask(fixture_t *f, const char *sql)
{
    connection_t *c = open_connection(f);
    apr_dbd_results_t *rows = NULL;
    apr_dbd_row_t *row = NULL;
    chat_db_t *db;
    void *none;
    apr_int64_t n;
    assert_non_null(c);
    OK(c->source.acquire(&db, &none, 0, c->source.baton));
    OK(apr_dbd_select(db->driver, c->pool, db->handle, &rows, sql, 1));
    OK(apr_dbd_get_row(db->driver, c->pool, rows, &row, -1));
    n = apr_atoi64(apr_dbd_get_entry(db->driver, row, 0));
    apr_pool_destroy(c->pool);
    return n;
}

/* Runs SQL on a connection of its own. */
static inline int tell(fixture_t *f, const char *sql)
{
    connection_t *c = open_connection(f);
    chat_db_t *db;
    void *none;
    int rows, rc;
    assert_non_null(c);
    OK(c->source.acquire(&db, &none, 0, c->source.baton));
    rc = apr_dbd_query(db->driver, db->handle, &rows, sql);
    apr_pool_destroy(c->pool);
    return rc;
}

#endif
