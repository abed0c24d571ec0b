/* SPDX-License-Identifier: Apache-2.0
 * probe.h - finds out whether a database that was lost is back. Private to the store.
 */
#ifndef CHAT_STORE_PROBE_H
#define CHAT_STORE_PROBE_H

#include "store/database.h"
#include "store/watchdog.h"

typedef struct chat_probe_t chat_probe_t;

typedef struct chat_probe_task_t {
    const chat_database_t *database;
    chat_watchdog_t *dog; /* lives longer */
    void (*back)(void *baton);
    void *baton;
} chat_probe_task_t;

/* A thread that ends with POOL, which does not wait for one that connects. Not before a
 * fork. */
apr_status_t chat_probe_create(chat_probe_t **out, const chat_probe_task_t *task,
                               apr_pool_t *pool);

/* From now on the thread connects and reads, CHAT_BREAKER_PAUSE after each failure, until
 * that succeeds: then it calls BACK. Does nothing when it is under way. */
void chat_probe_begin(chat_probe_t *p);

#endif
