/* SPDX-License-Identifier: Apache-2.0
 * thread.h - the replies to a message, whatever the depth.
 */
#ifndef CHAT_STORE_THREAD_H
#define CHAT_STORE_THREAD_H

#include "store/message.h"

/* A page of the thread that message ROOT began: the newest LIMIT below BEFORE (an id). */
typedef struct chat_thread_t {
    apr_int64_t root, before;
    int limit;
} chat_thread_t;

/* Newest first; deleted ones that have replies too. */
apr_status_t chat_thread_of_channel(chat_messages_t *out, chat_tx_t *tx,
                                    const chat_thread_t *page, apr_pool_t *pool);
/* Direct messages that ACCOUNT sees. */
apr_status_t chat_thread_direct(chat_messages_t *out, chat_tx_t *tx, apr_int64_t account,
                                const chat_thread_t *page, apr_pool_t *pool);

#endif
