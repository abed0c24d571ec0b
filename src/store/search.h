/* SPDX-License-Identifier: Apache-2.0
 * search.h - messages that have words, found by the index and, where it does not reach,
 * by their texts.
 */
#ifndef CHAT_STORE_SEARCH_H
#define CHAT_STORE_SEARCH_H

#include "base/query.h"
#include "store/message.h"

/* Texts that one search reads beside the index: of messages that came, and that changed,
 * since it was brought on. */
#define CHAT_SEARCH_TAIL 16384
#define CHAT_SEARCH_CHANGED 1024
/* Rows of the index that words with one beginning may have. */
#define CHAT_SEARCH_PREFIX 20000

/* What is looked for, where, and for whom. */
typedef struct chat_search_t {
    const chat_query_t *query;
    apr_int64_t room, reader;    /* the reader's account */
    const apr_int64_t *channels; /* ids, going up: no others are looked at */
    int n_channels;
    int announcements;      /* those count */
    int direct;             /* the reader's direct messages count */
    apr_int64_t peer;       /* not 0: of those only the ones with that account alone */
    apr_int64_t author;     /* not 0: only messages by that account */
    apr_int64_t first, end; /* ids from FIRST to below END */
    int limit;
    apr_size_t work;   /* bytes of the index to read, about; at least one block is */
    apr_uint64_t seed; /* see chat_search_less() */
} chat_search_t;

/* How much less than MOST one search may read: up to half, drawn from `seed`; 0: nothing.
 * The lists of the index are everybody's, and a search that ended at an exact byte would
 * be a scale that weighs what others wrote. One search of one index ends at one place. */
static inline apr_size_t chat_search_less(const chat_search_t *w, apr_size_t most)
{
    apr_uint64_t a = w->seed & APR_UINT32_MAX, b = w->seed >> 32;
    return (apr_size_t)(((a + b) >> 2) * most >> 32);
}

typedef struct chat_found_t {
    apr_int64_t id;
    int score; /* of chat_query_score() */
} chat_found_t;

typedef struct chat_founds_t {
    chat_found_t *list;
    int n;
    apr_int64_t older; /* 0, or an id: what is below was not looked at */
} chat_founds_t;

/* The newest `limit` of those messages, newest first; fewer when the search came to a
 * bound of what it reads before, so that the next one goes on at `older`. CHAT_TOOBIG:
 * too many words begin with what the query has before a star. */
apr_status_t chat_search_find(chat_founds_t *out, chat_tx_t *tx,
                              const chat_search_t *wanted, apr_pool_t *pool);

/* Those of the N messages IDS that READER's rights to direct messages let it see and that
 * are not deleted, newest first, with their channels' names. */
apr_status_t chat_search_messages(chat_messages_t *out, chat_tx_t *tx, apr_int64_t reader,
                                  const chat_found_t *found, int n, apr_pool_t *pool);

#endif
