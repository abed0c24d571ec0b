/* SPDX-License-Identifier: Apache-2.0
 * search_block.h - one block of the index, made from texts. Private to the store.
 */
#ifndef CHAT_STORE_SEARCH_BLOCK_H
#define CHAT_STORE_SEARCH_BLOCK_H

#include "store/db.h"
#include "store/posting.h"

#include <apr_hash.h>

#define CHAT_BLOCK_OF(id) ((id) / CHAT_BLOCK)
/* Before a number: who wrote, who takes part in a direct message. No word begins so. */
#define CHAT_WORD_AUTHOR "@"
#define CHAT_WORD_PARTY "!"

/* A message as sql/search.sql gives it. */
typedef struct chat_search_row_t {
    apr_int64_t id, channel, author; /* channel 0: none */
    const char *body;                /* NULL: it was deleted */
    apr_size_t body_len;
    apr_int64_t account, peer; /* of the party; account 0: not a direct message */
} chat_search_row_t;
/* A chat_sql_read_fn. */
void chat_search_row_read(void *row, chat_stmt_t *s, apr_pool_t *pool);

/* What the index has of a block: CHANNEL in channels, DIRECT in direct messages. */
enum { CHAT_SCOPE_CHANNEL, CHAT_SCOPE_DIRECT, CHAT_SCOPES };
/* The number of SCOPE in search_posting. */
static inline apr_int64_t chat_scope_id(int scope, apr_int64_t room)
{
    return scope == CHAT_SCOPE_DIRECT ? -room : room;
}

typedef struct chat_search_block_t {
    apr_int64_t last; /* id of the row before */
    apr_hash_t *words[CHAT_SCOPES]; /* chat_posting_writer_t by word */
    apr_pool_t *pool;
} chat_search_block_t;

void chat_search_block_begin(chat_search_block_t *b, apr_pool_t *pool);
/* Adds the next row; they go up by id, and by account. */
void chat_search_block_add(chat_search_block_t *b, const chat_search_row_t *row);
/* JSON for sql/search.sql, in the order of the words: *WORDS alone, and *POSTINGS with
 * their lists. */
void chat_search_block_end(const char **words, const char **postings,
                           const chat_search_block_t *b, int scope);

#endif
