/* SPDX-License-Identifier: Apache-2.0
 * search_window.h - what the index finds in a row of blocks. Private to the store.
 */
#ifndef CHAT_STORE_SEARCH_WINDOW_H
#define CHAT_STORE_SEARCH_WINDOW_H

#include "store/search.h"
#include "store/search_block.h"

typedef struct chat_window_t chat_window_t;

/* Of SCOPE, for blocks from FIRST to below END. In POOL. */
chat_window_t *chat_window_create(const chat_search_t *wanted, int scope,
                                  apr_int64_t first, apr_int64_t end, apr_pool_t *pool);

typedef void (*chat_window_fn)(void *baton, apr_int64_t id, int score);

/* Gives every message of the blocks from FIRST to below END that fits, newest first.
 * Windows come from the newest down. CHAT_TOOBIG: see chat_search_find(). */
apr_status_t chat_window_find(chat_window_t *w, chat_tx_t *tx, apr_int64_t first,
                              apr_int64_t end, chat_window_fn found, void *baton);

/* Whether a message of CHANNEL, or with 0 an announcement, is among those wanted. */
int chat_search_place(const chat_search_t *wanted, apr_int64_t channel);

#endif
