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

/* Rows, by word. A row has the list of its word and, each behind a blank, the words that
 * follow and their lists. About every 32nd word begins one, always the same, so that a
 * change of few lists is one of few rows; and so do long lists and what follows long
 * rows. */
typedef struct chat_list_t {
    const char *word, *entries;
    apr_size_t len; /* of entries */
} chat_list_t;
typedef struct chat_lists_t {
    chat_list_t *list;
    int n;
} chat_lists_t;
void chat_search_block_end(chat_lists_t *out, const chat_search_block_t *b, int scope);

/* Reads a row, a list at a time; a blank or NUL ends it. */
typedef struct chat_list_reader_t {
    const char *word, *entries;
    apr_size_t word_len, len;
} chat_list_reader_t;
void chat_list_open(chat_list_reader_t *row, const char *word, const char *entries);
/* The next one; 0 at the end. */
int chat_list_next(chat_list_reader_t *row);

/* A part of what makes a block, small enough for other writes to wait for it. */
typedef struct chat_slice_t {
    int scope;
    const char *removed, *put; /* JSON for sql/search.sql: an array of words, an object of
                                  rows; NULL: none */
} chat_slice_t;

/* Adds to SLICES what makes NOW of BEFORE. With READ each of them alone leaves every word
 * in its place, for those who read the block meanwhile. */
void chat_search_difference(apr_array_header_t *slices, int scope,
                            const chat_lists_t *before, const chat_lists_t *now,
                            int read);

#endif
