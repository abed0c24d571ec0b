/* SPDX-License-Identifier: Apache-2.0
 * store_log.h - what a store reports of its units. Private to the store.
 */
#ifndef CHAT_STORE_STORE_LOG_H
#define CHAT_STORE_STORE_LOG_H

#include "base/log.h"
#include "store/database.h"

typedef struct chat_store_log_t {
    const chat_log_t *log;
    int breaker;               /* there is one, and it reports losses */
    apr_int64_t busy, redated; /* the minutes of the last warnings; atomic */
} chat_store_log_t;

/* A transaction on DB failed; with the engine's words. */
void chat_store_failed(chat_store_log_t *log, chat_db_t *db, apr_status_t rv);

/* The name of the account or channel (NOUN) looks like another one's. */
void chat_store_alike(const chat_store_log_t *log, const char *noun, const char *name,
                      const char *like);

/* ROOM had times that far ahead of the clock; at most once a minute. */
void chat_store_redated(chat_store_log_t *log, apr_int64_t room,
                        apr_interval_time_t ahead);

#endif
