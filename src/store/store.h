/* SPDX-License-Identifier: Apache-2.0
 * store.h - a site's database: where connections come from, how work runs on them.
 *
 * All SQL runs inside a unit of work: a function of the caller that gets an open
 * transaction. Reads see one snapshot. Writes of one SQLite database are queued; the
 * first caller leads: it acquires the writer lock (a mutex in the process, flock on
 * "<database>.lock" between programs), runs all queued units and commits once for all;
 * when one of them fails after it wrote, all are undone and run again, one by one.
 * chat_store_write returns after the commit: an acknowledged write is durable. On
 * PostgreSQL a unit is a transaction of its own, but for those of chat_store_append.
 *
 * Typed operations are in the headers beside this one (account.h, channel.h, ...).
 */
#ifndef CHAT_STORE_STORE_H
#define CHAT_STORE_STORE_H

#include "base/log.h"
#include "base/metrics.h"
#include "base/status.h"
#include "store/database.h"

#include <apr_time.h>

typedef struct chat_store_t chat_store_t; /* one database, one per process and site */
typedef struct chat_tx_t chat_tx_t;       /* one unit of work on it */

/* A unit of work. Returns APR_SUCCESS, CHAT_REFUSED (with the caller's problem filled) or
 * a failure; anything but success undoes what it wrote. It may run twice: when the
 * transaction was lost in between, or undone with another unit's. So it starts from its
 * baton's input each time; it must not wait for anything and must not render or hash.
 * Results go into a pool of the caller, who waits. */
typedef apr_status_t (*chat_work_fn)(chat_tx_t *tx, void *baton);

apr_status_t chat_store_create(chat_store_t **out, const chat_database_t *database,
                               const chat_source_t *source, const chat_log_t *log,
                               apr_pool_t *pool);
/* The same on a connection of its own; *WHY is the failure, as text. LOG outlives the
 * store. */
apr_status_t chat_store_open(chat_store_t **out, const char **why,
                             const chat_database_t *database, const chat_log_t *log,
                             apr_pool_t *pool);

/* Counts in METRICS from now on; before the first unit. */
void chat_store_count(chat_store_t *store, chat_metrics_t *metrics);

/* PostgreSQL: from now on a unit of work that gets no answer fails with CHAT_LOST, within
 * 2.5 seconds unless the administrator has set a statement_timeout; after one, units fail
 * with it at once until a thread has found the database again. Its threads live as long
 * as POOL. SQLite: nothing. */
apr_status_t chat_store_limit_time(chat_store_t *store, apr_pool_t *pool);
/* From now on the units of this thread share one such limit, as they serve one request:
 * *TAKEN is what they have taken together; hashing a password between them does not
 * count. NULL: each has its own again. */
void chat_store_share_time(chat_store_t *store, apr_interval_time_t *taken);
/* Whether other machines may use the database, too: PostgreSQL. */
int chat_store_shared(const chat_store_t *store);
/* PostgreSQL: whether the database was lost and did not answer since. *LOSSES moves with
 * each loss. */
int chat_store_lost(chat_store_t *store, unsigned *losses);

/* Whether the files of an SQLite database are no longer those that STORE was created on:
 * deleted or replaced, its lock file too, or hold other content. Costs two stats, and a
 * connection after the file changed; once true it stays true, and no write is
 * acknowledged any more. */
int chat_store_moved(chat_store_t *store);

/* Reconnects a pooled connection to the present files, unless SERIAL is that of its last
 * call (0 for a new connection). */
apr_status_t chat_db_refresh(chat_db_t *db, unsigned serial);

/* A read as straight code, on one snapshot:
 *     rv = chat_store_begin(&tx, store, pool);
 *     if (rv == APR_SUCCESS)
 *         rv = ... work on tx ...;
 *     return chat_store_end(tx, rv);
 * A connection that was lost before is opened again; one that is lost meanwhile
 * gives CHAT_LOST. Nothing may wait in between. SQLite: the snapshot is that of the first
 * statement whose row is not kept in memory, which also gets the connection. Rows that
 * were kept are as of chat_store_begin(): a ban that is committed between it and the
 * snapshot counts from the next read on, as if this one had come a moment earlier. */
apr_status_t chat_store_begin(chat_tx_t **tx, chat_store_t *store, apr_pool_t *pool);
apr_status_t chat_store_end(chat_tx_t *tx, apr_status_t rv);

/* Runs WORK on a snapshot, and again when the connection was lost in between. */
apr_status_t chat_store_read(chat_store_t *store, chat_work_fn work, void *baton);
/* Runs WORK and makes it durable. */
apr_status_t chat_store_write(chat_store_t *store, chat_work_fn work, void *baton);

/* The same for a short unit that numbers in one chatroom, as a send does: on PostgreSQL,
 * too, those that wait share a transaction. */
apr_status_t chat_store_append(chat_store_t *store, chat_work_fn work, void *baton);

/* Returns when every write that was under way in the chatroom is committed or undone: a
 * read after this sees all messages with a time before the call. */
apr_status_t chat_store_settle(chat_store_t *store, const char *room_uuid);

/* A number that moves, before chat_store_write returns, whenever a unit of any process
 * gave out a number of ROOM's. 0: not known (PostgreSQL). */
apr_uint64_t chat_store_epoch(const chat_store_t *store, apr_int64_t room);

/* A number that moves whenever a message or a channel that is there is changed or
 * deleted, as of before the snapshot of TX. 0: not known (PostgreSQL, or it is being
 * changed). */
apr_uint64_t chat_store_texts(const chat_tx_t *tx);

/* This process follows ROOM's events; said again every second. */
void chat_store_listen(chat_store_t *store, apr_int64_t room);
/* Whether followers of ROOM are to be woken, asked after a write: what was written since
 * the last 1 is more than nothing, and one listens (PostgreSQL: that is not known). */
int chat_store_news(chat_store_t *store, apr_int64_t room);

/* Ids of rows that are numbered per chatroom: room * 2^40 + number. */
#define CHAT_NUMBER_BITS 40
#define CHAT_NUMBER_MAX ((APR_INT64_C(1) << CHAT_NUMBER_BITS) - 1)
/* Above every chatroom's number. */
#define CHAT_ROOM_MAX ((APR_INT64_C(1) << (63 - CHAT_NUMBER_BITS)) - 1)
#define CHAT_ROW_ID(room, number) (((apr_int64_t)(room) << CHAT_NUMBER_BITS) | (number))
#define CHAT_ROW_NUMBER(id) ((id)&CHAT_NUMBER_MAX)
#define CHAT_ROW_ROOM(id) ((id) >> CHAT_NUMBER_BITS)

#endif
