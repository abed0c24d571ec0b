/* SPDX-License-Identifier: Apache-2.0
 * kept.h - rows that nearly every request reads, kept in memory: accounts, channels and
 * the rights in them; messages that are read by their id. Private to the store.
 *
 * A statement that begins with "-- kept:" in sql/ finds one row at most, and is answered
 * from here while nothing has changed that such a statement reads. sql/compile.awk finds
 * out which statements write a table that one of them reads; running one of those is a
 * change. One table of rows for a process and a database.
 *
 * The truth is a counter. On SQLite all programs share it (writer_shared.h), and it is
 * odd while a transaction with a change is open; messages have one of their own, which a
 * new message does not move. A row is kept with the even counter from before its
 * snapshot, for a few seconds: what is written by hand, past this library, shows then. On
 * PostgreSQL triggers move the counter when a change is committed, and messages are not
 * kept; a transaction reads it as it begins, and again when it has written or waited for
 * a row.
 */
#ifndef CHAT_STORE_KEPT_H
#define CHAT_STORE_KEPT_H

#include "store/writer_shared.h"

/* Lives as long as POOL, as does SHARED; NULL for PostgreSQL. */
chat_kept_t *chat_kept_create(chat_shared_t *shared, apr_pool_t *pool);

/* SQLite: before the snapshot of TX. */
void chat_kept_begin(chat_tx_t *tx);
/* PostgreSQL: what TX reads from now on is at least as new as VERSION of the rights,
 * which it asked for at NOW. */
void chat_kept_since(chat_tx_t *tx, apr_uint64_t version, apr_time_t now);
/* Before TX runs SQL, which may change something; on SQLite the writer lock is held
 * then. */
void chat_kept_change(chat_tx_t *tx, const chat_sql_t *sql);

/* Whether the row of S with these N values is kept: then its columns are S's. Otherwise S
 * is ready for chat_kept_put. */
int chat_kept_find(chat_tx_t *tx, chat_stmt_t *s, const chat_value_t *values, int n);
/* Keeps the row that the engine's S is on. */
void chat_kept_put(chat_stmt_t *s);

int chat_kept_null(const chat_stmt_t *s, int column);
apr_int64_t chat_kept_integer(const chat_stmt_t *s, int column);
const char *chat_kept_text(const chat_stmt_t *s, int column, apr_size_t *len);

#endif
