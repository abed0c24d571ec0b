/* SPDX-License-Identifier: Apache-2.0 */
/* The index of words: blocks are read on a snapshot, made without a transaction, and
 * written when nothing else has written them meanwhile. */
#include "store/search_index.h"

#include "store/search_block.h"

#include <apr_strings.h>

#define BLOCKS_AT_ONCE 16

typedef struct pair_t {
    apr_int64_t first, second;
} pair_t;

static void read_pair(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    pair_t *out = row;
    (void)pool;
    out->first = chat_sql_int(s, 0);
    out->second = chat_sql_int(s, 1);
}
static const chat_sql_kind_t pairs = {read_pair, sizeof(pair_t)};

/* What the index has of a block. */
typedef struct stored_t {
    apr_int64_t version; /* 0: it is not there */
    const char *words[CHAT_SCOPES];
} stored_t;

static void read_stored(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    stored_t *out = row;
    out->version = chat_sql_int(s, 0);
    for (int i = 0; i < CHAT_SCOPES; i++)
        out->words[i] = chat_sql_text(s, 1 + i, NULL, pool);
}

typedef struct piece_t {
    apr_int64_t room, block;
    apr_int64_t done, next; /* blocks of the room, now and then; equal: an old block */
    stored_t stored;
    pair_t *stale; /* messages of the block, and their changes */
    int n_stale;
    const char *words[CHAT_SCOPES], *postings[CHAT_SCOPES];
    int found;
    apr_pool_t *pool;
} piece_t;

/* ---- reading ---- */

static void use_block(piece_t *p, apr_int64_t block)
{
    p->found = 1;
    p->block = block;
    p->room = CHAT_ROW_ROOM(block * CHAT_BLOCK);
}

typedef struct due_t {
    apr_int64_t room, done, whole; /* blocks: in the index, and complete */
} due_t;

static void read_due(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    due_t *out = row;
    (void)pool;
    out->room = chat_sql_int(s, 0);
    out->done = chat_sql_int(s, 1);
    out->whole = chat_sql_int(s, 2);
}

/* The first block that is complete and has a message; those before it are passed over. */
static apr_status_t find_new(piece_t *p, chat_tx_t *tx)
{
    due_t due;
    apr_int64_t id, base;
    apr_status_t rv =
        chat_sql_first(&due, read_due, chat_sql(tx, CHAT_SQL_search_due, "d", 1), NULL);
    if (rv != APR_SUCCESS)
        return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
    base = CHAT_BLOCK_OF(CHAT_ROW_ID(due.room, 0));
    rv = chat_sql_one(&id, tx, CHAT_SQL_search_first, "ii",
                      (base + due.done) * CHAT_BLOCK, (base + due.whole) * CHAT_BLOCK);
    if (rv == CHAT_NOTFOUND) {
        id = (base + due.whole - 1) * CHAT_BLOCK;
        rv = APR_SUCCESS;
    }
    use_block(p, CHAT_BLOCK_OF(id));
    p->done = due.done;
    p->next = p->block - base + 1;
    return rv;
}

static apr_status_t find_old(piece_t *p, chat_tx_t *tx)
{
    apr_int64_t block;
    apr_status_t rv = chat_sql_one(&block, tx, CHAT_SQL_search_stale_due, "d", 1);
    if (rv == APR_SUCCESS)
        use_block(p, block);
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

static apr_status_t make_block(piece_t *p, chat_tx_t *tx)
{
    apr_int64_t first = p->block * CHAT_BLOCK;
    chat_search_block_t b;
    chat_stmt_t *s = chat_sql(tx, CHAT_SQL_search_texts, "ii", first, first + CHAT_BLOCK);
    apr_pool_t *text;
    apr_status_t rv;
    chat_search_block_begin(&b, p->pool);
    apr_pool_create(&text, p->pool);
    while ((rv = chat_sql_row(s)) == APR_SUCCESS) {
        chat_search_row_t row;
        apr_pool_clear(text);
        chat_search_row_read(&row, s, text);
        chat_search_block_add(&b, &row);
    }
    for (int i = 0; i < CHAT_SCOPES; i++)
        chat_search_block_end(&p->words[i], &p->postings[i], &b, i);
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

static apr_status_t read_block(piece_t *p, chat_tx_t *tx)
{
    apr_int64_t first = p->block * CHAT_BLOCK;
    apr_status_t rv =
        chat_sql_first(&p->stored, read_stored,
                       chat_sql(tx, CHAT_SQL_search_block_find, "i", p->block), p->pool);
    if (rv == CHAT_NOTFOUND) {
        p->stored = (stored_t){0, {"[]", "[]"}};
        rv = APR_SUCCESS;
    }
    if (rv == APR_SUCCESS)
        rv = chat_sql_list(
            &p->stale, &p->n_stale, &pairs,
            chat_sql(tx, CHAT_SQL_search_stale_of, "ii", first, first + CHAT_BLOCK),
            p->pool);
    return rv == APR_SUCCESS ? make_block(p, tx) : rv;
}

static apr_status_t read_piece(chat_tx_t *tx, void *baton)
{
    piece_t *p = baton;
    apr_status_t rv;
    p->found = 0;
    p->done = p->next = 0;
    rv = find_new(p, tx);
    if (rv == APR_SUCCESS && !p->found)
        rv = find_old(p, tx);
    return rv == APR_SUCCESS && p->found ? read_block(p, tx) : rv;
}

/* ---- writing ---- */

/* CHAT_CONFLICT: another program has written it. */
static apr_status_t claim(piece_t *p, chat_tx_t *tx)
{
    apr_status_t rv = APR_SUCCESS;
    if (p->next != p->done) {
        rv = chat_sql_do(NULL, tx, CHAT_SQL_search_room_add, "i", p->room);
        if (rv == APR_SUCCESS)
            rv = chat_sql_change(tx, CHAT_CONFLICT, CHAT_SQL_search_room_set, "iii",
                                 p->next, p->room, p->done);
    }
    return rv == APR_SUCCESS ? chat_sql_change(tx, CHAT_CONFLICT,
                                               CHAT_SQL_search_block_put, "iiss",
                                               p->block, p->stored.version + 1,
                                               p->words[CHAT_SCOPE_CHANNEL],
                                               p->words[CHAT_SCOPE_DIRECT])
                             : rv;
}

static apr_status_t write_piece(chat_tx_t *tx, void *baton)
{
    piece_t *p = baton;
    apr_status_t rv = claim(p, tx);
    for (int i = 0; rv == APR_SUCCESS && i < CHAT_SCOPES; i++) {
        apr_int64_t scope = chat_scope_id(i, p->room);
        if (p->stored.version)
            rv = chat_sql_do(NULL, tx, CHAT_SQL_search_remove, "iis", scope, p->block,
                             p->stored.words[i]);
        if (rv == APR_SUCCESS)
            rv = chat_sql_do(NULL, tx, CHAT_SQL_search_put, "iis", scope, p->block,
                             p->postings[i]);
    }
    /* a change that came since the snapshot stays noted */
    for (int i = 0; rv == APR_SUCCESS && i < p->n_stale; i++)
        rv = chat_sql_do(NULL, tx, CHAT_SQL_search_stale_done, "ii", p->stale[i].first,
                         p->stale[i].second);
    return rv;
}

apr_status_t chat_search_fill(int *more, chat_store_t *store)
{
    piece_t p = {0};
    apr_status_t rv = APR_SUCCESS;
    apr_pool_create(&p.pool, NULL);
    *more = 1;
    for (int i = 0; rv == APR_SUCCESS && *more && i < BLOCKS_AT_ONCE; i++) {
        apr_pool_clear(p.pool);
        rv = chat_store_read(store, read_piece, &p);
        *more = p.found;
        if (rv == APR_SUCCESS && p.found)
            rv = chat_store_write(store, write_piece, &p);
    }
    apr_pool_destroy(p.pool);
    return rv == CHAT_CONFLICT ? APR_SUCCESS : rv;
}

/* ---- looking after it ---- */

static apr_status_t drop(chat_tx_t *tx, void *baton)
{
    static const chat_sql_id_t all[] = {CHAT_SQL_search_drop_rooms,
                                        CHAT_SQL_search_drop_blocks,
                                        CHAT_SQL_search_drop_postings};
    apr_status_t rv = APR_SUCCESS;
    (void)baton;
    for (int i = 0; rv == APR_SUCCESS && i < 3; i++)
        rv = chat_sql_do(NULL, tx, all[i], "");
    return rv;
}

apr_status_t chat_search_drop(chat_store_t *store)
{
    return chat_store_write(store, drop, NULL);
}

static void read_totals(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_search_totals_t *out = row;
    (void)pool;
    out->blocks = chat_sql_int(s, 0);
    out->postings = chat_sql_int(s, 1);
    out->stale = chat_sql_int(s, 2);
}

static apr_status_t totals(chat_tx_t *tx, void *baton)
{
    return chat_sql_first(baton, read_totals, chat_sql(tx, CHAT_SQL_search_totals, ""),
                          NULL);
}

apr_status_t chat_search_totals(chat_search_totals_t *out, chat_store_t *store)
{
    return chat_store_read(store, totals, out);
}

typedef struct checking_t {
    piece_t piece;
    apr_int64_t after, differ;
} checking_t;

/* What is stored for the words that the texts have, in the form of what would be. */
static apr_status_t read_postings(const char **out, checking_t *k, chat_tx_t *tx,
                                  int scope)
{
    piece_t *p = &k->piece;
    chat_stmt_t *s = chat_sql(tx, CHAT_SQL_search_postings, "iis",
                              chat_scope_id(scope, p->room), p->block, p->words[scope]);
    chat_buffer_t text;
    apr_status_t rv;
    chat_buffer_init(&text, 16384, APR_INT32_MAX, p->pool);
    while ((rv = chat_sql_row(s)) == APR_SUCCESS)
        chat_buffer_printf(&text, "%s[\"%s\",\"%s\"]", text.len ? "," : "[",
                           chat_sql_text(s, 0, NULL, p->pool),
                           chat_sql_text(s, 1, NULL, p->pool));
    chat_buffer_puts(&text, text.len ? "]" : "[]");
    *out = chat_buffer_text(&text);
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

/* A block with a message that changed is written again anyway. */
static apr_status_t check_block(chat_tx_t *tx, void *baton)
{
    checking_t *k = baton;
    piece_t *p = &k->piece;
    const char *postings[CHAT_SCOPES] = {NULL};
    int differs = 0;
    apr_status_t rv =
        chat_sql_one(&k->after, tx, CHAT_SQL_search_blocks_after, "i", k->after);
    if (rv != APR_SUCCESS)
        return rv;
    use_block(p, k->after);
    rv = read_block(p, tx);
    for (int i = 0; rv == APR_SUCCESS && i < CHAT_SCOPES; i++) {
        rv = read_postings(&postings[i], k, tx, i);
        differs |= rv == APR_SUCCESS && (strcmp(p->words[i], p->stored.words[i]) != 0 ||
                                         strcmp(p->postings[i], postings[i]) != 0);
    }
    k->differ += differs && !p->n_stale;
    return rv;
}

apr_status_t chat_search_check(const char **findings, chat_store_t *store,
                               apr_pool_t *pool)
{
    checking_t k = {.after = -1};
    apr_status_t rv;
    *findings = "";
    apr_pool_create(&k.piece.pool, pool);
    while ((rv = chat_store_read(store, check_block, &k)) == APR_SUCCESS)
        apr_pool_clear(k.piece.pool);
    if (k.differ)
        *findings = apr_psprintf(pool,
                                 "the index of words: %" APR_INT64_T_FMT
                                 " blocks differ from the messages; `chatctl reindex` "
                                 "writes the index again",
                                 k.differ);
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}
