/* SPDX-License-Identifier: Apache-2.0
 * search.h - the index of words, and finding by it.
 */
#ifndef CHAT_TEST_SEARCH_H
#define CHAT_TEST_SEARCH_H

#include "store.h"
#include "store/search.h"
#include "store/search_index.h"

static inline void fill_index(fixture_t *f)
{
    int more = 1;
    while (more)
        OK(chat_search_fill(&more, f->store, 1));
}

/* For chat_store_read. */
typedef struct finding_t {
    const chat_search_t *wanted;
    chat_founds_t found;
    apr_pool_t *pool;
} finding_t;

static inline apr_status_t find(chat_tx_t *tx, void *baton)
{
    finding_t *g = baton;
    return chat_search_find(&g->found, tx, g->wanted, g->pool);
}

static inline void make_people(apr_int64_t *accounts, int n, chat_tx_t *tx,
                               apr_pool_t *pool)
{
    for (int i = 0; i < n; i++)
        accounts[i] = new_account(tx, apr_psprintf(pool, "a%d", i), pool);
}

static inline void make_channels(apr_int64_t *channels, int n, chat_tx_t *tx,
                                 apr_pool_t *pool)
{
    for (int i = 0; i < n; i++)
        channels[i] = new_channel(tx, apr_psprintf(pool, "c%d", i), 1, pool);
}

#endif
