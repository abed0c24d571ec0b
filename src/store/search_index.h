/* SPDX-License-Identifier: Apache-2.0
 * search_index.h - the index of the words of messages.
 *
 * Nothing is written when a message is sent. Once a chatroom has given out 512 more
 * numbers, their messages become a block of the index, and 32 such blocks one; until then
 * a search reads the texts. No unit writes more than some 16 kB or one word's list, so
 * that those who send wait for little. Triggers note messages whose text
 * changed or went: a search reads those too, and their block is brought in order. So what
 * is found never depends on how far the index is.
 */
#ifndef CHAT_STORE_SEARCH_INDEX_H
#define CHAT_STORE_SEARCH_INDEX_H

#include "store/store.h"

/* Brings the index on, by a bounded number of blocks; with OLD also those that no longer
 * fit. *MORE: whether there may be more. Several programs may do so at a time. */
apr_status_t chat_search_fill(int *more, chat_store_t *store, int old);

/* Nothing of it is read, and chat_search_fill() goes through all blocks again. */
apr_status_t chat_search_restart(chat_store_t *store);

typedef struct chat_search_totals_t {
    apr_int64_t blocks, postings, stale;
} chat_search_totals_t;
apr_status_t chat_search_totals(chat_search_totals_t *out, chat_store_t *store);

/* Looks whether the index has what the texts have. *FINDINGS: "" or a text that says how
 * many blocks differ. */
apr_status_t chat_search_check(const char **findings, chat_store_t *store,
                               apr_pool_t *pool);

#endif
