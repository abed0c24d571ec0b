/* SPDX-License-Identifier: Apache-2.0
 * store_private.h - what the store's own files know of it.
 */
#ifndef CHAT_STORE_STORE_PRIVATE_H
#define CHAT_STORE_STORE_PRIVATE_H

#include "store/db.h"

const chat_source_t *chat_store_source(chat_store_t *store);

/* Logs a transaction that failed, with the engine's words. */
void chat_store_failed(chat_store_t *store, chat_db_t *db, apr_status_t rv);

/* Remembers that the database was deleted or replaced; CHAT_LOST. */
apr_status_t chat_store_set_moved(chat_store_t *store);

/* Logs that ROOM had times that far ahead of the clock; at most once a minute. */
void chat_store_redated(chat_store_t *store, apr_int64_t room, apr_interval_time_t ahead);

#endif
