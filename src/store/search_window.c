/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of the index: the lists of all words of a query side by side. */
#include "store/search_window.h"

#include <apr_strings.h>
#include <stdlib.h>

/* The query's words, and who wrote and who takes part. */
#define TERMS_MAX (CHAT_QUERY_TERMS + 2)
#define ABOVE_ALL "\xf4\x8f\xbf\xbf"

typedef struct row_t {
    apr_int64_t block;
    const char *entries;
    apr_size_t len;
} row_t;

/* What a message of the block has of a word. */
typedef struct slot_t {
    chat_hits_t hits;
    apr_int64_t place;
    int present;
} slot_t;

typedef struct term_t {
    const char *word;
    int prefix, needed;
    row_t *rows; /* the newest block first */
    int n, at;
    int loaded;                /* for all windows */
    slot_t slots[CHAT_BLOCK]; /* of the block under way */
} term_t;

struct chat_window_t {
    const chat_search_t *wanted;
    int scope;
    apr_int64_t first, end; /* blocks, of all windows */
    term_t *terms[TERMS_MAX]; /* the query's, in its order; then the others */
    int n;
    term_t *author, *party; /* or NULL */
    apr_pool_t *pool, *window, *block;
};

static int compare_id(const void *key, const void *row)
{
    apr_int64_t a = *(const apr_int64_t *)key, b = *(const apr_int64_t *)row;
    return (a > b) - (a < b);
}

int chat_search_place(const chat_search_t *wanted, apr_int64_t channel)
{
    if (!channel)
        return wanted->announcements;
    return wanted->n_channels &&
           bsearch(&channel, wanted->channels, (apr_size_t)wanted->n_channels,
                   sizeof(channel), compare_id) != NULL;
}

static term_t *add_term(chat_window_t *w, const char *word, int prefix)
{
    term_t *t = apr_pcalloc(w->pool, sizeof(*t));
    t->word = word;
    t->prefix = prefix;
    w->terms[w->n++] = t;
    return t;
}

static term_t *add_number(chat_window_t *w, const char *kind, apr_int64_t n)
{
    term_t *t = add_term(w, apr_psprintf(w->pool, "%s%" APR_INT64_T_FMT, kind, n), 0);
    t->needed = 1;
    return t;
}

chat_window_t *chat_window_create(const chat_search_t *wanted, int scope,
                                  apr_int64_t first, apr_int64_t end, apr_pool_t *pool)
{
    chat_window_t *w = apr_pcalloc(pool, sizeof(*w));
    const chat_query_t *q = wanted->query;
    w->wanted = wanted;
    w->scope = scope;
    w->first = first;
    w->end = end;
    w->pool = pool;
    apr_pool_create(&w->window, pool);
    apr_pool_create(&w->block, pool);
    for (int i = 0; i < q->n_terms; i++)
        add_term(w, q->terms[i].text, q->terms[i].prefix);
    for (int i = 0; i < q->n_clauses; i++) {
        const chat_clause_t *c = &q->clauses[i];
        for (int k = 0; !c->excluded && k < c->n; k++)
            w->terms[q->parts[c->first + k].term]->needed = 1;
    }
    if (wanted->author)
        w->author = add_number(w, CHAT_WORD_AUTHOR, wanted->author);
    if (scope == CHAT_SCOPE_DIRECT)
        w->party = add_number(w, CHAT_WORD_PARTY, wanted->reader);
    return w;
}

/* ---- rows ---- */

static void read_row(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    row_t *out = row;
    out->block = chat_sql_int(s, 0);
    out->entries = chat_sql_text(s, 1, &out->len, pool);
}
static const chat_sql_kind_t rows = {read_row, sizeof(row_t)};

static int newest_first(const void *a, const void *b)
{
    const row_t *x = a, *y = b;
    return (x->block < y->block) - (x->block > y->block);
}

/* Words with one beginning lie side by side in the index, not those of one block: they
 * are read once, for all windows. */
static apr_status_t load_prefix(term_t *t, chat_window_t *w, chat_tx_t *tx)
{
    apr_status_t rv;
    if (t->loaded)
        return APR_SUCCESS;
    rv = chat_sql_list(&t->rows, &t->n, &rows,
                       chat_sql(tx, CHAT_SQL_search_prefix, "issiid",
                                chat_scope_id(w->scope, w->wanted->room), t->word,
                                apr_pstrcat(w->pool, t->word, ABOVE_ALL, NULL), w->first,
                                w->end, CHAT_SEARCH_PREFIX + 1),
                       w->pool);
    if (rv == APR_SUCCESS && t->n > CHAT_SEARCH_PREFIX)
        return CHAT_TOOBIG;
    if (rv == APR_SUCCESS)
        qsort(t->rows, (apr_size_t)t->n, sizeof(*t->rows), newest_first);
    t->loaded = rv == APR_SUCCESS;
    return rv;
}

/* *SOME: whether every word that is needed has a row. */
static apr_status_t load(int *some, chat_window_t *w, chat_tx_t *tx, apr_int64_t first,
                         apr_int64_t end)
{
    apr_status_t rv = APR_SUCCESS;
    *some = 1;
    apr_pool_clear(w->window);
    /* who takes part is last, and rules out most */
    for (int i = w->n - 1; rv == APR_SUCCESS && *some && i >= 0; i--) {
        term_t *t = w->terms[i];
        if (t->prefix) {
            rv = load_prefix(t, w, tx);
        }
        else {
            t->at = 0;
            rv = chat_sql_list(&t->rows, &t->n, &rows,
                               chat_sql(tx, CHAT_SQL_search_word, "isii",
                                        chat_scope_id(w->scope, w->wanted->room), t->word,
                                        first, end),
                               w->window);
        }
        *some = !t->needed || t->n > t->at;
    }
    return rv;
}

/* ---- one block ---- */

typedef struct spot_t {
    int slot;
    chat_hit_t hit;
} spot_t;

static int compare_spots(const void *a, const void *b)
{
    const spot_t *x = a, *y = b;
    if (x->slot != y->slot)
        return x->slot - y->slot;
    return (x->hit.position > y->hit.position) - (x->hit.position < y->hit.position);
}

static void read_list(term_t *t, const row_t *row, apr_array_header_t *spots)
{
    chat_posting_t p;
    chat_posting_open(&p, row->entries, row->len);
    while (chat_posting_next(&p)) {
        t->slots[p.slot].present = 1;
        t->slots[p.slot].place = p.place;
        while (chat_posting_read(&p)) {
            spot_t *spot = apr_array_push(spots);
            spot->slot = p.slot;
            spot->hit = (chat_hit_t){p.position, 0, 0};
        }
    }
}

/* Fills the slots of T for BLOCK; 0: it has none there. */
static int open_term(term_t *t, apr_int64_t block, apr_pool_t *pool)
{
    apr_array_header_t *spots;
    chat_hit_t *hits;
    int lists = 0;
    memset(t->slots, 0, sizeof(t->slots));
    while (t->at < t->n && t->rows[t->at].block > block)
        t->at++;
    if (t->at == t->n || t->rows[t->at].block < block)
        return 0;
    spots = apr_array_make(pool, (int)t->rows[t->at].len, sizeof(spot_t));
    for (; t->at < t->n && t->rows[t->at].block == block; t->at++, lists++)
        read_list(t, &t->rows[t->at], spots);
    if (lists > 1)
        qsort(spots->elts, (apr_size_t)spots->nelts, sizeof(spot_t), compare_spots);
    hits = apr_palloc(pool, sizeof(*hits) * ((apr_size_t)spots->nelts + 1));
    for (int i = 0; i < spots->nelts; i++) {
        const spot_t *spot = &APR_ARRAY_IDX(spots, i, spot_t);
        slot_t *slot = &t->slots[spot->slot];
        hits[i] = spot->hit;
        if (!slot->hits.n++)
            slot->hits.list = &hits[i];
    }
    return 1;
}

static int is_here(const chat_window_t *w, int slot)
{
    const chat_search_t *s = w->wanted;
    apr_int64_t place = 0;
    if (w->author && !w->author->slots[slot].present)
        return 0;
    if (w->party)
        return w->party->slots[slot].present &&
               (!s->peer || w->party->slots[slot].place == s->peer);
    for (int i = 0; i < s->query->n_terms && !place; i++) {
        if (w->terms[i]->needed)
            place = w->terms[i]->slots[slot].place;
    }
    return chat_search_place(s, place);
}

static void look_at_slot(const chat_window_t *w, apr_int64_t block, int slot,
                         chat_window_fn found, void *baton)
{
    const chat_query_t *q = w->wanted->query;
    chat_hits_t hits[CHAT_QUERY_TERMS];
    int score;
    for (int i = 0; i < q->n_terms; i++) {
        hits[i] = w->terms[i]->slots[slot].hits;
        if (w->terms[i]->needed && !hits[i].n)
            return;
    }
    if (!is_here(w, slot))
        return;
    score = chat_query_score(q, hits);
    if (score)
        found(baton, block * CHAT_BLOCK + slot, score);
}

static void look_at_block(chat_window_t *w, apr_int64_t block, chat_window_fn found,
                          void *baton)
{
    apr_pool_clear(w->block);
    for (int i = w->n - 1; i >= 0; i--) {
        if (!open_term(w->terms[i], block, w->block) && w->terms[i]->needed)
            return;
    }
    for (int slot = CHAT_BLOCK - 1; slot >= 0; slot--)
        look_at_slot(w, block, slot, found, baton);
}

/* The newest block below END that has a row of each word that is needed might be this
 * one; -1: there is none. */
static apr_int64_t next_block(const chat_window_t *w, apr_int64_t end)
{
    apr_int64_t block = end - 1;
    for (int i = 0; i < w->n; i++) {
        term_t *t = w->terms[i];
        while (t->needed && t->at < t->n && t->rows[t->at].block > block)
            t->at++;
        if (t->needed && t->at == t->n)
            return -1;
        if (t->needed)
            block = t->rows[t->at].block;
    }
    return block;
}

apr_status_t chat_window_find(chat_window_t *w, chat_tx_t *tx, apr_int64_t first,
                              apr_int64_t end, chat_window_fn found, void *baton)
{
    int some;
    apr_status_t rv = load(&some, w, tx, first, end);
    if (rv != APR_SUCCESS || !some)
        return rv;
    for (apr_int64_t block = next_block(w, end); block >= first;
         block = next_block(w, block))
        look_at_block(w, block, found, baton);
    return APR_SUCCESS;
}
