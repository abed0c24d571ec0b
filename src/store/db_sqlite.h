/* SPDX-License-Identifier: Apache-2.0
 * db_sqlite.h - what only SQLite can do. Private to the store.
 */
#ifndef CHAT_STORE_DB_SQLITE_H
#define CHAT_STORE_DB_SQLITE_H

#include "store/db.h"

extern const chat_engine_t chat_engine_sqlite;

/* How many rows the connection has changed in its life; -1 outside a transaction. */
apr_int64_t chat_sqlite_written(chat_db_t *db);

/* Makes all commits so far durable, through any connection: one fdatasync of the
 * write-ahead log. Connections run with synchronous=NORMAL, in which a commit leaves that
 * out; the writer does it after the commit, when the next group may write already. The
 * file's content and the order of its writes are those of synchronous=FULL. */
apr_status_t chat_sqlite_sync(chat_db_t *db);

/* Brings everything into the database file and starts the log over, for which all readers
 * of the old log have to be done. */
apr_status_t chat_sqlite_restart_log(chat_db_t *db);

/* Pragmas and statement cache of a fresh connection. */
apr_status_t chat_sqlite_setup(chat_db_t *db);

/* Whether the database file or its log is no longer the one that DB has open. After a
 * commit, before it is acknowledged. */
int chat_sqlite_moved(chat_db_t *db);

/* CHAT_BROKEN, with a sentence in DB's error, when SQLite VERSION (as
 * sqlite3_libversion_number) cannot hold our schema. */
apr_status_t chat_sqlite_check_version(chat_db_t *db, int version);

#endif
