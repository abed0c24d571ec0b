/* SPDX-License-Identifier: Apache-2.0
 * search_window.h - what the index finds in a row of blocks. Private to the store.
 */
#ifndef CHAT_STORE_SEARCH_WINDOW_H
#define CHAT_STORE_SEARCH_WINDOW_H

#include "store/search.h"
#include "store/search_block.h"

typedef struct chat_window_t chat_window_t;

/* Of SCOPE; in POOL. */
chat_window_t *chat_window_create(const chat_search_t *wanted, int scope,
                                  apr_pool_t *pool);

typedef struct chat_block_t {
    apr_int64_t block, size; /* pieces: its last one, and how many */
} chat_block_t;
static inline apr_int64_t chat_block_first(const chat_block_t *b)
{
    return b->block - b->size + 1;
}
/* At least one, the newest first. */
typedef struct chat_blocks_t {
    chat_block_t *list;
    int n;
} chat_blocks_t;

typedef void (*chat_window_fn)(void *baton, apr_int64_t id, int score);

/* Gives every message of BLOCKS that fits, the newest first. CHAT_TOOBIG: see
 * chat_search_find(). */
apr_status_t chat_window_find(chat_window_t *w, chat_tx_t *tx,
                              const chat_blocks_t *blocks, chat_window_fn found,
                              void *baton);

/* Bytes of lists that it has read; the look-up of a list counts as some, too. */
apr_size_t chat_window_work(const chat_window_t *w);

/* Whether a message of CHANNEL, or with 0 an announcement, is among those wanted. */
int chat_search_place(const chat_search_t *wanted, apr_int64_t channel);

#endif
