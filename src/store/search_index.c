/* SPDX-License-Identifier: Apache-2.0 */
/* The index of words: a block is read on a snapshot, made without a transaction, and
 * written slice by slice, as long as no other program writes the chatroom's index. The
 * last slice lets it be read, instead of those whose place it takes. */
#include "store/search_index.h"

#include "store/search_block.h"

#include <apr_strings.h>

#define BLOCKS_AT_ONCE 16

/* Pieces of one chatroom before this one have ids below it. */
#define BASE(room) CHAT_PIECE_OF(CHAT_ROW_ID(room, 0))

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

/* One block on its way. */
typedef struct work_t {
    int found;
    apr_int64_t room, block, size; /* pieces; 0: none is left */
    apr_int64_t piece;             /* the new one */
    apr_int64_t done, next;        /* the chatroom's pieces, before and after */
    apr_int64_t version;           /* of its index */
    pair_t *stale;                 /* messages of the block, and their changes */
    int n_stale;
    apr_array_header_t *slices; /* chat_slice_t */
    apr_pool_t *pool;
} work_t;

static apr_int64_t first_piece(const work_t *w)
{
    return w->block - w->size + 1;
}

/* ---- what is to be done ---- */

typedef struct due_t {
    apr_int64_t room, done, whole; /* pieces: in the index, and complete */
} due_t;

static void read_due(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    due_t *out = row;
    (void)pool;
    out->room = chat_sql_int(s, 0);
    out->done = chat_sql_int(s, 1);
    out->whole = chat_sql_int(s, 2);
}

static void use_piece(work_t *w)
{
    w->block = w->piece;
    w->size = 1;
    w->next = w->piece - BASE(w->room) + 1;
}

/* The first piece that has a message, those before it are passed over. The last piece of
 * a large block, and the first one when all others are there, makes that. */
static apr_status_t find_new(work_t *w, chat_tx_t *tx)
{
    due_t due;
    apr_int64_t id, base, piece, begin;
    apr_status_t rv =
        chat_sql_first(&due, read_due, chat_sql(tx, CHAT_SQL_search_due, "d", 1), NULL);
    if (rv != APR_SUCCESS)
        return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
    base = BASE(due.room);
    rv = chat_sql_one(&id, tx, CHAT_SQL_search_first, "ii",
                      (base + due.done) * CHAT_PIECE, (base + due.whole) * CHAT_PIECE);
    piece = rv == CHAT_NOTFOUND ? due.whole - 1 : CHAT_PIECE_OF(id) - base;
    begin = piece - piece % CHAT_BLOCK_PIECES;
    w->found = 1;
    w->room = due.room;
    w->done = due.done;
    w->piece = base + piece;
    use_piece(w);
    if (piece == begin + CHAT_BLOCK_PIECES - 1 ||
        (piece == begin && begin + CHAT_BLOCK_PIECES <= due.whole)) {
        w->block = base + begin + CHAT_BLOCK_PIECES - 1;
        w->size = CHAT_BLOCK_PIECES;
        w->next = begin + CHAT_BLOCK_PIECES;
    }
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

static apr_status_t find_unread(work_t *w, chat_tx_t *tx)
{
    pair_t block;
    apr_status_t rv = chat_sql_first(
        &block, read_pair, chat_sql(tx, CHAT_SQL_search_unread_due, "d", 1), NULL);
    if (rv != APR_SUCCESS)
        return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
    w->found = 1;
    w->room = CHAT_ROW_ROOM(block.first * CHAT_PIECE);
    w->block = block.first;
    w->size = 0;
    w->done = w->next = block.second;
    return APR_SUCCESS;
}

static apr_status_t find_stale(work_t *w, chat_tx_t *tx)
{
    pair_t stale, block;
    apr_int64_t piece;
    apr_status_t rv = chat_sql_first(
        &stale, read_pair, chat_sql(tx, CHAT_SQL_search_stale_due, "d", 1), NULL);
    if (rv != APR_SUCCESS)
        return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
    piece = CHAT_PIECE_OF(stale.first);
    rv = chat_sql_first(
        &block, read_pair,
        chat_sql(tx, CHAT_SQL_search_block_of, "ii", piece, piece + CHAT_BLOCK_PIECES),
        NULL);
    if (rv == CHAT_NOTFOUND || block.first - block.second >= piece)
        block = (pair_t){piece, 1};
    w->found = 1;
    w->room = CHAT_ROW_ROOM(stale.first);
    w->block = block.first;
    w->size = block.second;
    w->done = w->next = stale.second;
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

/* ---- making it ---- */

static void read_list(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_list_t *out = row;
    out->word = chat_sql_text(s, 0, NULL, pool);
    out->entries = chat_sql_text(s, 1, &out->len, pool);
}
static const chat_sql_kind_t lists = {read_list, sizeof(chat_list_t)};

/* CHAT_TOOBIG: the texts are too large for a new block of more than one piece. */
static apr_status_t read_texts(chat_search_block_t *b, const work_t *w, chat_tx_t *tx)
{
    chat_stmt_t *s = chat_sql(tx, CHAT_SQL_search_texts, "ii",
                              first_piece(w) * CHAT_PIECE, (w->block + 1) * CHAT_PIECE);
    apr_pool_t *text;
    apr_status_t rv;
    apr_pool_create(&text, w->pool);
    while ((rv = chat_sql_row(s)) == APR_SUCCESS) {
        chat_search_row_t row;
        apr_pool_clear(text);
        chat_search_row_read(&row, s, text);
        chat_search_block_add(b, &row);
        if (w->next != w->done && w->size > 1 && b->bytes > CHAT_BLOCK_BYTES) {
            chat_sql_end(s);
            return CHAT_TOOBIG;
        }
    }
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

static apr_status_t make_block(work_t *w, chat_tx_t *tx)
{
    chat_search_block_t b;
    apr_status_t rv;
    chat_search_block_begin(&b, first_piece(w) * CHAT_PIECE, w->pool);
    rv = read_texts(&b, w, tx);
    if (rv == CHAT_TOOBIG) {
        use_piece(w);
        chat_search_block_begin(&b, w->block * CHAT_PIECE, w->pool);
        rv = read_texts(&b, w, tx);
    }
    w->slices = apr_array_make(w->pool, 16, sizeof(chat_slice_t));
    for (int i = 0; rv == APR_SUCCESS && i < CHAT_SCOPES; i++) {
        chat_lists_t before, now;
        chat_search_block_end(&now, &b, i);
        rv = chat_sql_list(&before.list, &before.n, &lists,
                           chat_sql(tx, CHAT_SQL_search_lists, "ii",
                                    chat_scope_id(i, w->room), w->block),
                           w->pool);
        if (rv == APR_SUCCESS)
            chat_search_difference(w->slices, i, &before, &now,
                                   w->size && w->next == w->done);
    }
    return rv;
}

static apr_status_t read_block(work_t *w, chat_tx_t *tx)
{
    apr_status_t rv = make_block(w, tx);
    w->version = 0;
    if (rv == APR_SUCCESS)
        rv = chat_sql_one(&w->version, tx, CHAT_SQL_search_version, "i", w->room);
    return rv == APR_SUCCESS || rv == CHAT_NOTFOUND
               ? chat_sql_list(&w->stale, &w->n_stale, &pairs,
                               chat_sql(tx, CHAT_SQL_search_stale_of, "ii",
                                        first_piece(w) * CHAT_PIECE,
                                        (w->block + 1) * CHAT_PIECE),
                               w->pool)
               : rv;
}

typedef struct round_t {
    work_t work;
    int old;   /* blocks with messages that changed count, too */
    int slice; /* to write */
} round_t;

static apr_status_t read_work(chat_tx_t *tx, void *baton)
{
    round_t *r = baton;
    work_t *w = &r->work;
    apr_status_t rv;
    w->found = 0;
    rv = find_unread(w, tx);
    if (rv == APR_SUCCESS && !w->found)
        rv = find_new(w, tx);
    if (rv == APR_SUCCESS && !w->found && r->old)
        rv = find_stale(w, tx);
    return rv == APR_SUCCESS && w->found ? read_block(w, tx) : rv;
}

/* ---- writing it ---- */

/* The row of the chatroom is the lock of those who write its index. CHAT_CONFLICT: it was
 * written since the snapshot. */
static apr_status_t claim(const round_t *r, chat_tx_t *tx, apr_int64_t blocks)
{
    const work_t *w = &r->work;
    apr_status_t rv = chat_sql_do(NULL, tx, CHAT_SQL_search_room_add, "i", w->room);
    return rv == APR_SUCCESS
               ? chat_sql_change(tx, CHAT_CONFLICT, CHAT_SQL_search_room_set, "iii",
                                 blocks, w->room, w->version + r->slice)
               : rv;
}

static apr_status_t write_slice(const work_t *w, chat_tx_t *tx, const chat_slice_t *slice)
{
    apr_int64_t scope = chat_scope_id(slice->scope, w->room);
    apr_status_t rv = APR_SUCCESS;
    if (slice->removed)
        rv = chat_sql_do(NULL, tx, CHAT_SQL_search_remove, "iis", scope, w->block,
                         slice->removed);
    if (rv == APR_SUCCESS && slice->put)
        rv = chat_sql_do(NULL, tx, CHAT_SQL_search_put, "iis", scope, w->block,
                         slice->put);
    return rv;
}

/* What is no longer read, and what was passed over, is removed later. */
static apr_status_t let_read(const work_t *w, chat_tx_t *tx)
{
    apr_int64_t from = BASE(w->room) + w->done;
    apr_status_t rv = APR_SUCCESS;
    if (!w->size)
        return chat_sql_do(NULL, tx, CHAT_SQL_search_block_delete, "i", w->block);
    if (w->next != w->done)
        rv = chat_sql_do(NULL, tx, CHAT_SQL_search_block_unset, "ii",
                         from < first_piece(w) ? from : first_piece(w),
                         BASE(w->room) + w->next);
    if (rv == APR_SUCCESS)
        rv = chat_sql_do(NULL, tx, CHAT_SQL_search_block_set, "ii", w->size, w->block);
    /* a change that came since the snapshot stays noted */
    for (int i = 0; rv == APR_SUCCESS && i < w->n_stale; i++)
        rv = chat_sql_do(NULL, tx, CHAT_SQL_search_stale_done, "ii", w->stale[i].first,
                         w->stale[i].second);
    return rv;
}

static apr_status_t write_work(chat_tx_t *tx, void *baton)
{
    const round_t *r = baton;
    const work_t *w = &r->work;
    int last = r->slice + 1 >= w->slices->nelts;
    apr_status_t rv = claim(r, tx, last ? w->next : w->done);
    if (rv == APR_SUCCESS)
        rv = chat_sql_do(NULL, tx, CHAT_SQL_search_block_add, "i", w->block);
    if (rv == APR_SUCCESS && r->slice < w->slices->nelts)
        rv = write_slice(w, tx, &APR_ARRAY_IDX(w->slices, r->slice, chat_slice_t));
    return rv == APR_SUCCESS && last ? let_read(w, tx) : rv;
}

apr_status_t chat_search_fill(int *more, chat_store_t *store, int old)
{
    round_t r = {.old = old};
    apr_status_t rv = APR_SUCCESS;
    apr_pool_create(&r.work.pool, NULL);
    *more = 1;
    for (int i = 0; rv == APR_SUCCESS && *more && i < BLOCKS_AT_ONCE; i++) {
        apr_pool_clear(r.work.pool);
        rv = chat_store_read(store, read_work, &r);
        *more = r.work.found;
        for (r.slice = 0;
             rv == APR_SUCCESS && *more && (!r.slice || r.slice < r.work.slices->nelts);
             r.slice++)
            rv = chat_store_write(store, write_work, &r);
    }
    apr_pool_destroy(r.work.pool);
    return rv == CHAT_CONFLICT ? APR_SUCCESS : rv;
}

/* ---- looking after it ---- */

static apr_status_t restart(chat_tx_t *tx, void *baton)
{
    (void)baton;
    return chat_sql_do(NULL, tx, CHAT_SQL_search_restart, "");
}

apr_status_t chat_search_restart(chat_store_t *store)
{
    return chat_store_write(store, restart, NULL);
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
    work_t work;
    apr_int64_t after, differ;
} checking_t;

/* A block with a message that changed is written again anyway. */
static apr_status_t check_block(chat_tx_t *tx, void *baton)
{
    checking_t *k = baton;
    work_t *w = &k->work;
    pair_t block = {0, 0};
    apr_status_t rv =
        chat_sql_first(&block, read_pair,
                       chat_sql(tx, CHAT_SQL_search_block_after, "i", k->after), NULL);
    if (rv != APR_SUCCESS)
        return rv;
    w->room = CHAT_ROW_ROOM(block.first * CHAT_PIECE);
    w->block = block.first;
    w->size = block.second;
    rv = read_block(w, tx);
    k->differ += rv == APR_SUCCESS && w->slices->nelts && !w->n_stale;
    k->after = block.first;
    return rv;
}

apr_status_t chat_search_check(const char **findings, chat_store_t *store,
                               apr_pool_t *pool)
{
    checking_t k = {.after = -1};
    apr_status_t rv;
    *findings = "";
    apr_pool_create(&k.work.pool, pool);
    while ((rv = chat_store_read(store, check_block, &k)) == APR_SUCCESS)
        apr_pool_clear(k.work.pool);
    if (k.differ)
        *findings = apr_psprintf(pool,
                                 "the index of words: %" APR_INT64_T_FMT
                                 " blocks differ from the messages; `chatctl reindex` "
                                 "writes the index again",
                                 k.differ);
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}
