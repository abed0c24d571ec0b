/* SPDX-License-Identifier: Apache-2.0
 * store.h - a site's database: where connections come from, how work runs on them.
 *
 * All SQL runs inside a unit of work: a function of the caller that gets an open
 * transaction. Reads see one snapshot. Writes of one SQLite database are queued; whoever
 * comes first leads: it takes the writer lock (a mutex in the process, flock on
 * "<database>.lock" between programs), runs all queued units, each in a savepoint, and
 * commits once for all. chat_store_write returns after the commit: what it acknowledges
 * is durable. PostgreSQL groups commits by itself; there every unit is its own
 * transaction.
 *
 * Typed operations stand in the headers beside this one (account.h, channel.h, ...).
 */
#ifndef CHAT_STORE_STORE_H
#define CHAT_STORE_STORE_H

#include "base/log.h"
#include "base/status.h"

#include <apr_dbd.h>
#include <apr_pools.h>
#include <apr_time.h>

typedef struct chat_store_t chat_store_t; /* one database, one per process and site */
typedef struct chat_db_t chat_db_t;       /* one open connection */
typedef struct chat_tx_t chat_tx_t;       /* one unit of work on it */

/* A unit of work. Returns APR_SUCCESS, CHAT_REFUSED (with the caller's problem filled) or
 * a failure; anything but success undoes what it wrote. It may run twice when the
 * transaction was lost in between, so it starts from its baton's input each time; it must
 * not wait for anything and must not render or hash. Results go into a pool of the
 * caller, who waits. */
typedef apr_status_t (*chat_work_fn)(chat_tx_t *tx, void *baton);

/* Where connections come from. */
typedef struct chat_source_t {
    /* An open connection, set up by chat_db_setup, waited for at most 2 s; CHAT_BUSY when
     * none came free, CHAT_LOST or CHAT_BROKEN when none can be made. */
    apr_status_t (*acquire)(chat_db_t **db, void **lease, void *baton);
    void (*release)(void *lease, void *baton);
    void *baton;
} chat_source_t;

/* A database as DBDriver and DBDParams name it. */
typedef struct chat_database_t {
    const char *driver; /* "sqlite3" or "pgsql" */
    const char *params;
    const char *file; /* SQLite: the file's absolute path; else NULL */
} chat_database_t;

/* Fills OUT. CHAT_MALFORMED for an unknown driver, or a SQLite name that is no file
 * (":memory:", empty, relative); *WHY says it in words. */
apr_status_t chat_database_parse(chat_database_t *out, const char **why,
                                 const char *driver, const char *params,
                                 apr_pool_t *pool);
/* Whether A and B name one database: the same file, whatever its path, or the same
 * driver and parameters. A file that does not exist yet is compared by its folder. */
int chat_database_same(const chat_database_t *a, const chat_database_t *b);

/* Creates the database and its schema or brings it to today's version; run by the parent
 * before any child opens it. A new SQLite file gets UID:GID (unless -1) and mode 0640.
 * CHAT_TOOBIG when the database is newer than this program; *WHY says what failed. */
apr_status_t chat_store_migrate(const chat_database_t *database, long uid, long gid,
                                const char **why, apr_pool_t *pool);

/* Finds out what DATABASE holds and writes nothing: *VERSION is its schema's, -1 when it
 * is empty; *LATEST is ours. CHAT_NOTFOUND without a file, CHAT_MALFORMED for a file that
 * is not a database of ours; *WHY says it in words. chat_store_migrate refuses such a
 * file, too. */
apr_status_t chat_store_look(int *version, int *latest, const chat_database_t *database,
                             const char **why, apr_pool_t *pool);

/* Prepares a fresh apr_dbd connection for our use; its statement cache lives in and dies
 * with CONN_POOL, the pool the connection was opened in. *OUT may be NULL on failure. */
apr_status_t chat_db_setup(chat_db_t **out, const apr_dbd_driver_t *driver,
                           apr_dbd_t *handle, apr_pool_t *conn_pool);
/* The connection that chat_db_setup made for CONN_POOL, or NULL. */
chat_db_t *chat_db_of_pool(apr_pool_t *conn_pool);

/* Opens a single connection of its own (tools, daemon); the source serves that one. */
apr_status_t chat_source_single(chat_source_t *out, const chat_database_t *database,
                                const char **why, apr_pool_t *pool);

apr_status_t chat_store_create(chat_store_t **out, const chat_database_t *database,
                               const chat_source_t *source, const chat_log_t *log,
                               apr_pool_t *pool);
/* The same on a connection of its own; *WHY says what failed. LOG outlives the store. */
apr_status_t chat_store_open(chat_store_t **out, const char **why,
                             const chat_database_t *database, const chat_log_t *log,
                             apr_pool_t *pool);

/* Whether the files of an SQLite database are no longer those that STORE was created on:
 * deleted or replaced, its lock file too. Costs two stats; what it found once it finds
 * for good. From then on no write is acknowledged. */
int chat_store_moved(chat_store_t *store);

/* Makes a pooled connection one to the files that are there now, unless SERIAL is the one
 * of its last call (0 for a new connection). */
apr_status_t chat_db_refresh(chat_db_t *db, unsigned serial);

/* Runs WORK on a snapshot. */
apr_status_t chat_store_read(chat_store_t *store, chat_work_fn work, void *baton);
/* Runs WORK and makes it durable. */
apr_status_t chat_store_write(chat_store_t *store, chat_work_fn work, void *baton);

/* Returns when every write that was under way in the chatroom is committed or undone:
 * whoever reads after this sees all messages with a time before the call. */
apr_status_t chat_store_settle(chat_store_t *store, const char *room_uuid);

/* A number that moves, before chat_store_write returns, whenever a unit of any process
 * gave out a number of ROOM's. 0: not known (PostgreSQL). */
apr_uint64_t chat_store_epoch(const chat_store_t *store, apr_int64_t room);

/* The next number of a chatroom and a time later than every one given there before;
 * commit order is number order. CHAT_NOTFOUND for an unknown chatroom. */
apr_status_t chat_tx_number(apr_int64_t *number, apr_time_t *now, chat_tx_t *tx,
                            apr_int64_t room);

/* Ids of rows that are numbered per chatroom: room * 2^40 + number. */
#define CHAT_NUMBER_BITS 40
#define CHAT_NUMBER_MAX ((APR_INT64_C(1) << CHAT_NUMBER_BITS) - 1)
/* Above every chatroom's number. */
#define CHAT_ROOM_MAX ((APR_INT64_C(1) << (63 - CHAT_NUMBER_BITS)) - 1)
#define CHAT_ROW_ID(room, number) (((apr_int64_t)(room) << CHAT_NUMBER_BITS) | (number))
#define CHAT_ROW_NUMBER(id) ((id)&CHAT_NUMBER_MAX)
#define CHAT_ROW_ROOM(id) ((id) >> CHAT_NUMBER_BITS)

/* How long things are kept, in seconds; 0 for ever (but events, of which there are none
 * then). Sessions count from their last use. */
typedef struct chat_terms_t {
    apr_int64_t events, messages, sessions;
} chat_terms_t;

/* Deletes what is past its time, by TERMS and, idempotency keys among them, by terms of
 * its own; a bounded piece per call. *MORE says whether there is more to do. */
apr_status_t chat_store_clean(int *more, chat_store_t *store, const chat_terms_t *terms);

/* Integrity check of engine and schema; findings as lines of text. */
apr_status_t chat_store_check(const char **findings, chat_store_t *store,
                              apr_pool_t *pool);
/* A consistent copy into FILE while others write (SQLite's online backup). */
apr_status_t chat_store_backup(chat_store_t *store, const char *file, apr_pool_t *pool);
/* Prepares every statement once; the first failure is named in *WHY. */
apr_status_t chat_store_prepare_all(const char **why, chat_store_t *store,
                                    apr_pool_t *pool);

#endif
