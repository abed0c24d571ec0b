/* SPDX-License-Identifier: Apache-2.0
 * db.h - statements on a connection: the narrow interface that each engine implements.
 *
 * Private to the store. A statement is named by its id in sql/; it is prepared once per
 * connection, at first use. One id cannot run twice at the same time on one connection.
 */
#ifndef CHAT_STORE_DB_H
#define CHAT_STORE_DB_H

#include "store/rows.h"
#include "store/store_log.h"
#include "store/watchdog.h"

#include <apr_strings.h>
#include <apr_tables.h>

#define CHAT_SQL_MAX_ARGS 32

typedef struct chat_stmt_t chat_stmt_t;
typedef struct chat_kept_t chat_kept_t; /* kept.h */
typedef struct chat_kept_row_t chat_kept_row_t;

typedef struct chat_engine_t {
    const char *driver;
    int one_writer;        /* writes come one after another, in groups */
    int retries_conflicts; /* units run side by side: one that met another's key or lock
                              runs again */
    /* Runs S with N values up to its first row. APR_SUCCESS: a row or the end, see row().
     */
    apr_status_t (*start)(chat_stmt_t *s, const chat_value_t *values, int n);
    /* APR_SUCCESS when S is on a row, CHAT_NOTFOUND after the last. */
    apr_status_t (*row)(chat_stmt_t *s);
    void (*finish)(chat_stmt_t *s);
    int (*is_null)(chat_stmt_t *s, int column);
    apr_int64_t (*integer)(chat_stmt_t *s, int column);
    /* Valid until the next row or finish. */
    const char *(*text)(chat_stmt_t *s, int column, apr_size_t *len);
    /* Leaves no transaction open in any case. */
    void (*reset)(chat_db_t *db);
    /* Connects again. CHAT_LOST or CHAT_BROKEN when that cannot be done. */
    apr_status_t (*revive)(chat_db_t *db);
    /* How many columns S's row has. */
    int (*columns)(chat_stmt_t *s);
} chat_engine_t;

struct chat_stmt_t {
    chat_db_t *db;
    chat_sql_id_t id;
    void *native;        /* the engine's prepared statement */
    void *result;        /* the engine's, while it runs */
    void *current;       /* the engine's row */
    apr_int64_t changed; /* rows, set by the engine at the end */
    int running;
    apr_status_t failed; /* to start; the first row reports it */
    int kept; /* the row is in `row`, the engine does not run; 2: it was read */
    chat_kept_row_t *row; /* room for a kept one, or NULL */
    chat_kept_t *keeper;  /* wants the first row, or NULL */
};

struct chat_db_t {
    const chat_engine_t *engine;
    const apr_dbd_driver_t *driver;
    apr_dbd_t *handle;
    void *native; /* sqlite3 * */
    void *opened; /* SQLite: native, when it is ours and not apr_dbd's */
    apr_uint64_t
        wal;         /* SQLite: inode of the write-ahead log; 0 before the first commit */
    int frames;      /* SQLite: in the log after the last commit */
    unsigned serial; /* of chat_db_refresh */
    apr_pool_t *pool;
    /* PostgreSQL only */
    apr_pool_t *own;        /* what lives as long as the connection */
    apr_pool_t *scratch;    /* results of the unit under way */
    apr_pool_t *statements; /* what was prepared */
    int prepared_in;        /* that session */
    int unlabelled;         /* the server is not to keep them */
    int in_tx, tx_failed;
    apr_uint32_t written; /* statements that were not mere queries */
    int (*session_of)(const void *), (*socket_of)(const void *); /* libpq's */
    chat_watch_t watch;           /* of the socket, when units are limited in time */
    int session;                  /* that chat_pgsql_limit was done for */
    apr_interval_time_t patience; /* what it found */
    int again; /* the last failure was no fault of the unit: run it once more */
    chat_stmt_t stmts[CHAT_SQL_COUNT];
    char error[256]; /* the engine's last message, for the log */
};

/* The next number of a chatroom, as of this transaction. */
#define CHAT_TX_ROOMS 8
typedef struct chat_tx_room_t {
    apr_int64_t room, number, time;
    int dirty;
} chat_tx_room_t;

/* A copy brings back what it was: it has nothing that others point to. */
struct chat_tx_t {
    chat_store_t *store;   /* NULL in migrations and in groups of the writer */
    chat_store_log_t *log; /* NULL in migrations */
    chat_db_t *db;
    /* gets DB for a unit whose statements were all kept so far; NULL: it has one */
    apr_status_t (*connect)(chat_tx_t *tx);
    chat_stmt_t early;  /* ... the one of them that runs */
    apr_pool_t *pool;   /* ... */
    void *lease;        /* of DB, for the source */
    apr_time_t started; /* of chat_clock_steady */
    apr_time_t since;   /* ... less what its request took before */
    int writing;
    int shared;                /* PostgreSQL: by units that number in the same chatroom */
    chat_kept_t *kept;         /* NULL: nothing is kept */
    apr_uint64_t rights;       /* its counter before the snapshot; 0 after a change */
    apr_uint64_t texts;        /* the same of texts, see chat_store_texts */
    apr_time_t looked;         /* when that was; 0: not yet (PostgreSQL) */
    apr_array_header_t *posts; /* that wait to be inserted, see post.h */
    int posted;                /* how many of them are there */
    apr_status_t (*insert_posts)(struct chat_tx_t *tx);
    int rooms_used;
    int rooms_lost;                      /* more rooms than fit here were numbered in */
    chat_tx_room_t rooms[CHAT_TX_ROOMS]; /* counters, written back before commit */
};

/* Starts statement ID. TYPES has a letter per value: i apr_int64_t or apr_time_t, d int
 * or an enum, s const char * (NUL-terminated; NULL is SQL NULL), t const char * and
 * apr_size_t, z apr_int64_t of which 0 is SQL NULL. Never NULL: the first row reports a
 * failure, after which nothing is left running. */
chat_stmt_t *chat_sql(chat_tx_t *tx, chat_sql_id_t id, const char *types, ...);
/* The same with N values. */
chat_stmt_t *chat_sql_values(chat_tx_t *tx, chat_sql_id_t id, const chat_value_t *values,
                             int n);
/* Inserts what waits in TX. Statements that see it do that first. */
apr_status_t chat_sql_settle(chat_tx_t *tx);
/* To the next row (after chat_sql: the first). CHAT_NOTFOUND at the end, which ends the
 * statement, as does a failure. */
apr_status_t chat_sql_row(chat_stmt_t *s);
void chat_sql_end(chat_stmt_t *s);

int chat_sql_null(chat_stmt_t *s, int column);
apr_int64_t chat_sql_int(chat_stmt_t *s, int column); /* 0 for NULL */
/* A copy in POOL, NULL for NULL; LEN may be NULL. */
const char *chat_sql_text(chat_stmt_t *s, int column, apr_size_t *len, apr_pool_t *pool);

/* Reads the current row of S into *ROW, a struct that the reader knows. */
typedef void (*chat_sql_read_fn)(void *row, chat_stmt_t *s, apr_pool_t *pool);
/* Reads the first row of S and ends it; CHAT_NOTFOUND when it does not exist. */
apr_status_t chat_sql_first(void *row, chat_sql_read_fn read, chat_stmt_t *s,
                            apr_pool_t *pool);

typedef struct chat_sql_kind_t {
    chat_sql_read_fn read;
    apr_size_t size; /* of a row's struct */
} chat_sql_kind_t;
/* Reads all rows of S; *(void **)LIST becomes an array of *N structs in POOL. */
apr_status_t chat_sql_list(void *list, int *n, const chat_sql_kind_t *kind,
                           chat_stmt_t *s, apr_pool_t *pool);

/* Begins and commits TX's transaction. */
apr_status_t chat_tx_begin(chat_tx_t *tx);
apr_status_t chat_tx_commit(chat_tx_t *tx);

/* Runs ID to its end; CHANGED (may be NULL) gets the number of rows it touched. */
apr_status_t chat_sql_do(apr_int64_t *changed, chat_tx_t *tx, chat_sql_id_t id,
                         const char *types, ...);
/* Runs ID to its end; NONE when it touched no row. */
apr_status_t chat_sql_change(chat_tx_t *tx, apr_status_t none, chat_sql_id_t id,
                             const char *types, ...);
/* Runs ID and keeps one integer of its first row; CHAT_NOTFOUND when it does not exist.
 */
apr_status_t chat_sql_one(apr_int64_t *out, chat_tx_t *tx, chat_sql_id_t id,
                          const char *types, ...);

#endif
