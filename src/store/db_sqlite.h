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
 * out; the writer does it after the commit, when other processes may write already. The
 * file's content and the order of its writes are those of synchronous=FULL. */
apr_status_t chat_sqlite_sync(chat_db_t *db);

/* Brings everything into the database file and starts the log over, for which all readers
 * of the old log have to be done. */
apr_status_t chat_sqlite_restart_log(chat_db_t *db);

/* Pragmas and statement cache of a fresh connection. */
apr_status_t chat_sqlite_setup(chat_db_t *db);

/* The stamp tells one content of a database file from another: a number in the file's
 * header, SQLite's user_version, that starts at random and grows; 0 in a backup and in a
 * database of release 0.1. The first group of each log makes it odd, the checkpoint at
 * its end makes it even. So a log belongs to the file whose stamp is one less, or two
 * when it is even. A log beside any other content was left by what was there before. */

/* At the start of a transaction that writes: gives the log its stamp. CHAT_LOST when the
 * log is not the file's. */
apr_status_t chat_sqlite_mark(chat_tx_t *tx);

/* Brings the log into the file, as far as its readers let it. With the writer lock; a
 * failure leaves it to the next. */
void chat_sqlite_checkpoint(chat_tx_t *tx);

/* For a database without a log. */
void chat_sqlite_set_first_stamp(chat_db_t *db);

/* CHAT_LOST, with a sentence, when the log beside FILE is not the file's. Writes nothing
 * into FILE. */
apr_status_t chat_sqlite_judge(const char *file, const char **why);

/* Whether the database file or its log is no longer the one that DB has open, or the file
 * has other content: its stamp does not follow the one that the process has SEEN. After a
 * commit, before it is acknowledged. */
int chat_sqlite_moved(chat_db_t *db, apr_uint32_t *seen);

/* CHAT_BROKEN, with a sentence in DB's error, when SQLite VERSION (as
 * sqlite3_libversion_number) cannot hold our schema. */
apr_status_t chat_sqlite_check_version(chat_db_t *db, int version);

#endif
