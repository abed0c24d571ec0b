/* SPDX-License-Identifier: Apache-2.0
 * db_pgsql.h - what only PostgreSQL needs. Private to the store.
 */
#ifndef CHAT_STORE_DB_PGSQL_H
#define CHAT_STORE_DB_PGSQL_H

#include "store/db.h"

extern const chat_engine_t chat_engine_pgsql;

/* Pools of a fresh connection; errors will carry their SQLSTATE. */
apr_status_t chat_pgsql_setup(chat_db_t *db);

/* Sets this session's time-outs, unless the administrator has set them: lock_timeout and
 * statement_timeout, after which (and a little more) DB's patience ends. Asks the server
 * once per session. */
apr_status_t chat_pgsql_limit(chat_db_t *db);
int chat_pgsql_socket(chat_db_t *db);

/* The status of the server's message, from its SQLSTATE; a message without one is
 * libpq's, which has lost the connection. *AGAIN: the same unit may succeed if it is run
 * once more. */
apr_status_t chat_pgsql_status(const char *message, int *again);

#endif
