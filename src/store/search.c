/* SPDX-License-Identifier: Apache-2.0 */
/* Finding messages by their words: the texts that the index does not have, then blocks of
 * the index from the newest down, as many as it takes. */
#include "store/search.h"

#include "store/message_private.h"
#include "store/search_window.h"

#include <stdlib.h>

typedef struct find_t {
    const chat_search_t *wanted;
    chat_tx_t *tx;
    apr_array_header_t *found;   /* chat_found_t */
    apr_array_header_t *changed; /* ids, going down: the index may be wrong about them */
    apr_int64_t floor;           /* from this id on all were looked at */
    apr_pool_t *pool;
} find_t;

static void add_found(find_t *f, apr_int64_t id, int score)
{
    chat_found_t *one = apr_array_push(f->found);
    one->id = id;
    one->score = score;
}

/* ---- texts ---- */

static int is_wanted(const chat_search_t *w, const chat_search_row_t *row)
{
    if (!row->body || (w->author && row->author != w->author))
        return 0;
    if (row->account)
        return w->direct && (!w->peer || row->peer == w->peer);
    return chat_search_place(w, row->channel);
}

static void look_at_text(find_t *f, const chat_search_row_t *row, apr_pool_t *pool)
{
    chat_hits_t hits[CHAT_QUERY_TERMS];
    int score;
    chat_query_hits(hits, f->wanted->query, row->body, row->body_len, pool);
    score = chat_query_score(f->wanted->query, hits);
    if (score)
        add_found(f, row->id, score);
}

/* The rows of S, the newest first, but no more than MOST, and until MATCHES are found. */
static apr_status_t look_at_texts(find_t *f, chat_stmt_t *s, int most, int matches)
{
    chat_search_row_t row = {0};
    apr_pool_t *pool;
    apr_status_t rv;
    int n = 0;
    apr_pool_create(&pool, f->pool);
    while ((rv = chat_sql_row(s)) == APR_SUCCESS && n++ < most &&
           f->found->nelts < matches) {
        apr_pool_clear(pool);
        chat_search_row_read(&row, s, pool);
        if (most == CHAT_SEARCH_CHANGED)
            APR_ARRAY_PUSH(f->changed, apr_int64_t) = row.id;
        if (is_wanted(f->wanted, &row))
            look_at_text(f, &row, pool);
    }
    if (rv == APR_SUCCESS)
        chat_sql_end(s);
    if (n > most)
        f->floor = row.id;
    apr_pool_destroy(pool);
    return rv == CHAT_NOTFOUND ? APR_SUCCESS : rv;
}

/* ---- the index ---- */

static int downwards(const void *key, const void *row)
{
    apr_int64_t a = *(const apr_int64_t *)key, b = *(const apr_int64_t *)row;
    return (a < b) - (a > b);
}

static void add_indexed(void *baton, apr_int64_t id, int score)
{
    find_t *f = baton;
    if (id >= f->wanted->first && id < f->wanted->end &&
        !(f->changed->nelts &&
          bsearch(&id, f->changed->elts, (apr_size_t)f->changed->nelts, sizeof(id),
                  downwards)))
        add_found(f, id, score);
}

/* How many were found at FIRST or behind it. */
static int found_since(const find_t *f, apr_int64_t first)
{
    int n = 0;
    for (int i = 0; i < f->found->nelts; i++)
        n += APR_ARRAY_IDX(f->found, i, chat_found_t).id >= first;
    return n;
}

static void read_block(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_block_t *out = row;
    (void)pool;
    out->block = chat_sql_int(s, 0);
    out->size = chat_sql_int(s, 1);
}
static const chat_sql_kind_t blocks = {read_block, sizeof(chat_block_t)};

/* Leaves of BLOCKS what may be read, by what the blocks before, of PIECES, cost. 0: none.
 */
static int afford(chat_blocks_t *blocks, apr_int64_t pieces, apr_size_t work,
                  apr_size_t all)
{
    apr_size_t left = work < all ? all - work : 0;
    apr_int64_t most = work ? (apr_int64_t)(left / (work / (apr_size_t)pieces + 1)) : 1;
    int n = 0;
    for (; n < blocks->n && (n == 0 || most >= blocks->list[n].size); n++)
        most -= blocks->list[n].size;
    blocks->n = n;
    return left > 0;
}

/* Ids below END, of those below INDEXED. */
static apr_status_t look_at_index(find_t *f, apr_int64_t end, apr_int64_t indexed)
{
    const chat_search_t *w = f->wanted;
    apr_int64_t pieces = 0, above = CHAT_PIECE_OF(end + CHAT_PIECE - 1);
    apr_size_t work = 0;
    chat_window_t *windows[CHAT_SCOPES] = {NULL};
    chat_blocks_t next;
    apr_status_t rv;
    if (w->n_channels || w->announcements)
        windows[CHAT_SCOPE_CHANNEL] = chat_window_create(w, CHAT_SCOPE_CHANNEL, f->pool);
    if (w->direct)
        windows[CHAT_SCOPE_DIRECT] = chat_window_create(w, CHAT_SCOPE_DIRECT, f->pool);
    for (int size = 1;; size *= 2) {
        rv = chat_sql_list(&next.list, &next.n, &blocks,
                           chat_sql(f->tx, CHAT_SQL_search_newest, "iiid",
                                    CHAT_PIECE_OF(f->floor), CHAT_PIECE_OF(indexed),
                                    above, size),
                           f->pool);
        if (rv != APR_SUCCESS || !next.n)
            return rv;
        if (!afford(&next, pieces, work, w->work) ||
            found_since(f, above * CHAT_PIECE) >= w->limit)
            break;
        work = 0;
        for (int i = 0; rv == APR_SUCCESS && i < CHAT_SCOPES; i++) {
            if (windows[i]) {
                rv = chat_window_find(windows[i], f->tx, &next, add_indexed, f);
                work += chat_window_work(windows[i]);
            }
        }
        for (int i = 0; i < next.n; i++)
            pieces += next.list[i].size;
        above = chat_block_first(&next.list[next.n - 1]);
        if (rv != APR_SUCCESS)
            return rv;
    }
    if (f->floor < above * CHAT_PIECE)
        f->floor = above * CHAT_PIECE;
    return rv;
}

static int newest_first(const void *a, const void *b)
{
    const chat_found_t *x = a, *y = b;
    return (x->id < y->id) - (x->id > y->id);
}

/* What was found, as far as it is all, up to the limit. */
static void put_in_order(chat_founds_t *out, const find_t *f)
{
    chat_found_t *list = (chat_found_t *)f->found->elts;
    const chat_search_t *w = f->wanted;
    qsort(list, (apr_size_t)f->found->nelts, sizeof(chat_found_t), newest_first);
    out->list = list;
    out->n = 0;
    while (out->n < f->found->nelts && out->n < w->limit && list[out->n].id >= f->floor)
        out->n++;
    out->older = f->floor > w->first ? f->floor : 0;
    if (out->n == w->limit)
        out->older = list[out->n - 1].id;
}

/* An index that grew is another one. */
static void draw(chat_search_t *w, apr_int64_t pieces)
{
    if (!w->seed)
        return;
    w->seed += (apr_uint64_t)pieces * APR_UINT64_C(0x9e3779b97f4a7c15);
    w->seed = (w->seed ^ w->seed >> 31) * APR_UINT64_C(0xbf58476d1ce4e5b9);
    w->seed ^= w->seed >> 29;
    w->work -= chat_search_less(w, w->work);
}

apr_status_t chat_search_find(chat_founds_t *out, chat_tx_t *tx,
                              const chat_search_t *wanted, apr_pool_t *pool)
{
    chat_search_t own = *wanted, *w = &own;
    find_t f = {.wanted = w, .tx = tx, .floor = w->first, .pool = pool};
    apr_int64_t pieces = 0, indexed, tail, end;
    apr_status_t rv = chat_sql_one(&pieces, tx, CHAT_SQL_search_blocks, "i", w->room);
    draw(w, pieces);
    f.found = apr_array_make(pool, 64, sizeof(chat_found_t));
    f.changed = apr_array_make(pool, 16, sizeof(apr_int64_t));
    indexed = CHAT_ROW_ID(w->room, 0) + pieces * CHAT_PIECE;
    tail = w->first > indexed ? w->first : indexed;
    end = w->end < indexed ? w->end : indexed;
    if (rv == APR_SUCCESS || rv == CHAT_NOTFOUND)
        rv = look_at_texts(&f,
                           chat_sql(tx, CHAT_SQL_search_tail, "iiid", w->reader, tail,
                                    w->end, CHAT_SEARCH_TAIL + 1),
                           CHAT_SEARCH_TAIL, w->limit);
    if (rv == APR_SUCCESS && f.floor < end && f.found->nelts < w->limit)
        rv = look_at_texts(&f,
                           chat_sql(tx, CHAT_SQL_search_changed, "iiid", w->reader,
                                    w->first, end, CHAT_SEARCH_CHANGED + 1),
                           CHAT_SEARCH_CHANGED, APR_INT32_MAX);
    if (rv == APR_SUCCESS && f.floor < end && found_since(&f, end) < w->limit)
        rv = look_at_index(&f, end, indexed);
    put_in_order(out, &f);
    return rv;
}

apr_status_t chat_search_messages(chat_messages_t *out, chat_tx_t *tx, apr_int64_t reader,
                                  const chat_found_t *found, int n, apr_pool_t *pool)
{
    chat_buffer_t ids;
    chat_buffer_init(&ids, 256, APR_INT32_MAX, pool);
    for (int i = 0; i < n; i++) {
        chat_buffer_byte(&ids, i ? ',' : '[');
        chat_buffer_int(&ids, found[i].id);
    }
    chat_buffer_puts(&ids, n ? "]" : "[]");
    return chat_message_list(
        out, chat_message_read,
        chat_sql(tx, CHAT_SQL_search_page, "si", chat_buffer_text(&ids), reader), pool);
}
