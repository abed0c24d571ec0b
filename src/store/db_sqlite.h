/*
 * db_sqlite.h - what only SQLite can do. Private to the store.
 */
#ifndef CHAT_STORE_DB_SQLITE_H
#define CHAT_STORE_DB_SQLITE_H

#include "store/db.h"

/* Pragmas and statement cache of a fresh connection. */
apr_status_t chat_sqlite_setup(chat_db_t *db);

#endif
