/* SPDX-License-Identifier: Apache-2.0
 * search_block.h - one block of the index, made from texts. Private to the store.
 */
#ifndef CHAT_STORE_SEARCH_BLOCK_H
#define CHAT_STORE_SEARCH_BLOCK_H

#include "store/db.h"
#include "store/posting.h"

#include <apr_hash.h>

/* Numbers of a piece; a block has one of them, or so many. */
#define CHAT_PIECE 512
#define CHAT_BLOCK_PIECES (CHAT_BLOCK_MAX / CHAT_PIECE)
#define CHAT_PIECE_OF(id) ((id) / CHAT_PIECE)
/* Bytes of texts beyond which a block has one piece. */
#define CHAT_BLOCK_BYTES ((apr_size_t)16 << 20)

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
    apr_int64_t first;              /* id */
    apr_int64_t last;               /* id of the row before */
    apr_size_t bytes;               /* of texts */
    apr_hash_t *words[CHAT_SCOPES]; /* chat_posting_writer_t by word */
    apr_pool_t *pool;
} chat_search_block_t;

/* FIRST is the id that the block begins with. */
void chat_search_block_begin(chat_search_block_t *b, apr_int64_t first, apr_pool_t *pool);
/* Adds the next row; they go up by id, and by account. */
void chat_search_block_add(chat_search_block_t *b, const chat_search_row_t *row);

/* The lists of words, by word. */
typedef struct chat_list_t {
    const char *word, *entries;
} chat_list_t;
typedef struct chat_lists_t {
    chat_list_t *list;
    int n;
} chat_lists_t;
void chat_search_block_end(chat_lists_t *out, const chat_search_block_t *b, int scope);

/* What makes NOW of BEFORE, as JSON for sql/search.sql: *REMOVED is an array of words,
 * *PUT an object of lists; each NULL when there is none. */
void chat_search_difference(const char **removed, const char **put,
                            const chat_lists_t *before, const chat_lists_t *now,
                            apr_pool_t *pool);

#endif
