/* SPDX-License-Identifier: Apache-2.0
 * emergency.h - rows of chatrooms in an emergency.
 */
#ifndef CHAT_STORE_EMERGENCY_H
#define CHAT_STORE_EMERGENCY_H

#include "store/store.h"

typedef struct chat_emergency_t {
    apr_time_t since;   /* 0: there is none */
    const char *actor;  /* name */
    const char *reason; /* or NULL */
} chat_emergency_t;

/* Begins one, or changes who declared it and why. */
apr_status_t chat_emergency_put(chat_tx_t *tx, apr_int64_t room,
                                const chat_emergency_t *e);
/* CHAT_NOTFOUND when there is none. */
apr_status_t chat_emergency_end(chat_tx_t *tx, apr_int64_t room);
apr_status_t chat_emergency_find(chat_emergency_t *out, chat_tx_t *tx, apr_int64_t room,
                                 apr_pool_t *pool);

#endif
