/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of the index: the lists of all words of a query side by side. */
#include "store/search_window.h"

#include <apr_strings.h>
#include <stdlib.h>

/* The query's words, and who wrote and who takes part. */
#define TERMS_MAX (CHAT_QUERY_TERMS + 2)
/* What the look-up of a list counts, as bytes read. */
#define LOOK_UP 512
/* Places that are remembered, so that few are looked for. */
#define PLACES 64
#define ABOVE_ALL "\xf4\x8f\xbf\xbf"

typedef struct row_t {
    apr_int64_t block;
    const char *entries;
    apr_size_t len;
    unsigned char *slots; /* of the party's: a bit for each message */
} row_t;

/* A word; the lower part is what the block under way has of it, by the number's place in
 * the block, which counts where `present` is set. Hits without a list are read when they
 * are judged: `n` is where in `entries`. */
typedef struct term_t {
    const char *word;
    int prefix;
    int needed;                /* so many times at least */
    apr_array_header_t *found; /* row_t */
    row_t *rows;               /* the same: the newest block first */
    int n, at;
    const char *entries;
    unsigned char present[CHAT_BLOCK_MAX];
    chat_hits_t hits[CHAT_BLOCK_MAX];
} term_t;

struct chat_window_t {
    const chat_search_t *wanted;
    int scope;
    term_t *terms[TERMS_MAX]; /* the query's, in its order; then the others */
    int n;
    term_t *party;   /* or NULL */
    int prefixed;    /* lists of words with one beginning, till now */
    int placed;      /* all that is alive is where one looks */
    apr_size_t work; /* see chat_window_work() */
    struct {
        apr_int64_t id;
        int here;
    } places[PLACES];
    apr_size_t slots;                    /* of the block under way */
    unsigned char alive[CHAT_BLOCK_MAX]; /* what may still fit */
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

/* A phrase needs a word as often as it has it. */
static void need_terms(chat_window_t *w, const chat_query_t *q, const chat_clause_t *c)
{
    int times[CHAT_QUERY_TERMS] = {0};
    for (int k = 0; !c->excluded && k < c->n; k++) {
        int term = q->parts[c->first + k].term;
        if (++times[term] > w->terms[term]->needed)
            w->terms[term]->needed = times[term];
    }
}

chat_window_t *chat_window_create(const chat_search_t *wanted, int scope,
                                  apr_pool_t *pool)
{
    chat_window_t *w = apr_pcalloc(pool, sizeof(*w));
    const chat_query_t *q = wanted->query;
    w->wanted = wanted;
    w->scope = scope;
    w->pool = pool;
    apr_pool_create(&w->window, pool);
    apr_pool_create(&w->block, pool);
    for (int i = 0; i < q->n_terms; i++)
        add_term(w, q->terms[i].text, q->terms[i].prefix);
    for (int i = 0; i < q->n_clauses; i++)
        need_terms(w, q, &q->clauses[i]);
    for (int i = 0; i < PLACES; i++)
        w->places[i].id = -1;
    if (wanted->author)
        add_number(w, CHAT_WORD_AUTHOR, wanted->author);
    if (scope == CHAT_SCOPE_DIRECT)
        w->party = add_number(w, CHAT_WORD_PARTY, wanted->reader);
    return w;
}

/* ---- rights ---- */

static int is_place(chat_window_t *w, apr_int64_t id)
{
    int i = (int)(id % PLACES);
    if (w->places[i].id != id) {
        w->places[i].id = id;
        w->places[i].here = chat_search_place(w->wanted, id);
    }
    return w->places[i].here;
}

/* Of a direct message the party's entry has the peer; each word's has the channel, so it
 * is looked at once for a block. */
static int is_here(chat_window_t *w, const term_t *t, apr_int64_t place)
{
    const chat_search_t *s = w->wanted;
    if (t == w->party)
        return !s->peer || place == s->peer;
    return w->placed || *t->word == *CHAT_WORD_AUTHOR || is_place(w, place);
}

/* Of the party's list LIST, which messages are the reader's. */
static void note_slots(chat_window_t *w, row_t *list)
{
    chat_posting_t p;
    list->slots = apr_pcalloc(w->window, CHAT_BLOCK_MAX / 8);
    chat_posting_open(&p, list->entries);
    while (chat_posting_next(&p)) {
        if (is_here(w, w->party, p.place))
            list->slots[p.slot / 8] |= (unsigned char)(1 << p.slot % 8);
        chat_posting_skip(&p);
    }
}

static int compare_block(const void *key, const void *row)
{
    apr_int64_t a = *(const apr_int64_t *)key, b = ((const row_t *)row)->block;
    return (a < b) - (a > b);
}

/* Whether LIST of T has a message that the reader may see. */
static int is_for_reader(chat_window_t *w, const term_t *t, row_t *list)
{
    const row_t *own = NULL;
    chat_posting_t p;
    int here = 0;
    if (t == w->party)
        note_slots(w, list);
    else if (w->party)
        own = bsearch(&list->block, w->party->rows, (apr_size_t)w->party->n, sizeof(*own),
                      compare_block);
    chat_posting_open(&p, list->entries);
    while (!here && chat_posting_next(&p)) {
        here = w->party && t != w->party ? own && own->slots[p.slot / 8] & 1 << p.slot % 8
                                         : is_here(w, t, p.place);
        chat_posting_skip(&p);
    }
    return here;
}

/* ---- rows ---- */

static int is_term(const term_t *t, apr_size_t len, const chat_list_reader_t *row)
{
    return (t->prefix ? row->word_len >= len : row->word_len == len) &&
           memcmp(row->word, t->word, len) == 0;
}

/* The lists of T among those of a row. One without an entry for the reader is as if it
 * were not there: else what is read after it, and so where a search ends, would tell that
 * others have the word. */
static void read_row(term_t *t, chat_window_t *w, chat_stmt_t *s)
{
    apr_size_t len = strlen(t->word);
    const char *word = chat_sql_text(s, 1, NULL, w->window);
    chat_list_reader_t row;
    chat_list_open(&row, word, chat_sql_text(s, 2, NULL, w->window));
    do {
        row_t list = {chat_sql_int(s, 0), row.entries, row.len, NULL};
        if (!is_term(t, len, &row))
            continue;
        w->work += LOOK_UP + row.len;
        w->prefixed += t->prefix;
        if (is_for_reader(w, t, &list))
            *(row_t *)apr_array_push(t->found) = list;
    } while (chat_list_next(&row));
}

static apr_status_t load_term(term_t *t, chat_window_t *w, chat_tx_t *tx,
                              apr_int64_t first, apr_int64_t end)
{
    apr_int64_t scope = chat_scope_id(w->scope, w->wanted->room);
    const int most =
        CHAT_SEARCH_PREFIX - (int)chat_search_less(w->wanted, CHAT_SEARCH_PREFIX);
    const char *last =
        t->prefix ? apr_pstrcat(w->window, t->word, ABOVE_ALL, NULL) : t->word;
    chat_stmt_t *s = chat_sql(tx, CHAT_SQL_search_words, "iissii", scope, scope, t->word,
                              last, first, end);
    apr_status_t rv;
    t->found = apr_array_make(w->window, 16, sizeof(row_t));
    w->work += LOOK_UP;
    while ((rv = chat_sql_row(s)) == APR_SUCCESS && (!t->prefix || w->prefixed <= most))
        read_row(t, w, s);
    if (rv == APR_SUCCESS)
        chat_sql_end(s);
    t->rows = (row_t *)t->found->elts;
    t->n = t->found->nelts;
    t->at = 0;
    if (rv != CHAT_NOTFOUND && rv != APR_SUCCESS)
        return rv;
    return t->prefix && w->prefixed > most ? CHAT_TOOBIG : APR_SUCCESS;
}

/* *SOME: whether every word that is needed has a row. The next ones are looked for only
 * between the blocks that have the one before. */
static apr_status_t load(int *some, chat_window_t *w, chat_tx_t *tx, apr_int64_t first,
                         apr_int64_t end)
{
    apr_status_t rv = APR_SUCCESS;
    *some = 1;
    w->placed = 0;
    apr_pool_clear(w->window);
    /* who takes part is last, and rules out most; no entry of an author says in which
     * channel, so words come first there */
    for (int i = 0; rv == APR_SUCCESS && *some && i < w->n; i++) {
        term_t *t = w->terms[w->party ? w->n - 1 - i : i];
        rv = load_term(t, w, tx, first, end);
        *some = !t->needed || t->n;
        if (rv == APR_SUCCESS && t->needed && t->n) {
            first = t->rows[t->n - 1].block;
            end = t->rows[0].block + 1;
        }
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

/* The next entry of a message that is alive and where one looks; 0 at the end. */
static int next_alive(chat_posting_t *p, chat_window_t *w, const term_t *t)
{
    apr_int64_t place = -1;
    int here = 0;
    while (chat_posting_next(p)) {
        if (p->place != place) {
            place = p->place;
            here = is_here(w, t, place);
        }
        if (here && (apr_size_t)p->slot < w->slots && w->alive[p->slot])
            return 1;
        chat_posting_skip(p);
    }
    return 0;
}

/* The usual case: one list, in order. A position has at least one character, and the end
 * of an entry one. */
static void read_list(chat_window_t *w, term_t *t, const row_t *row)
{
    chat_posting_t p;
    chat_posting_open(&p, row->entries);
    t->entries = row->entries;
    while (next_alive(&p, w, t)) {
        const char *begin = p.s;
        chat_posting_skip(&p);
        if (p.s - begin < t->needed)
            continue;
        t->present[p.slot] = 1;
        t->hits[p.slot] = (chat_hits_t){NULL, (int)(begin - row->entries)};
    }
}

static chat_hits_t read_hits(const term_t *t, int slot, apr_pool_t *pool)
{
    chat_hits_t hits = t->hits[slot];
    chat_posting_t p;
    if (hits.list)
        return hits;
    chat_posting_again(&p, t->entries + hits.n);
    chat_posting_skip(&p);
    hits.list =
        apr_palloc(pool, sizeof(*hits.list) * (apr_size_t)(p.s - t->entries - hits.n));
    chat_posting_again(&p, t->entries + hits.n);
    for (hits.n = 0; chat_posting_read(&p); hits.n++)
        hits.list[hits.n] = (chat_hit_t){p.position, 0, 0};
    return hits;
}

/* Several words with one beginning. */
static void read_lists(chat_window_t *w, term_t *t, const row_t *row, int n)
{
    apr_array_header_t *spots = apr_array_make(w->block, 64, sizeof(spot_t));
    chat_hit_t *hit;
    for (int i = 0; i < n; i++) {
        chat_posting_t p;
        chat_posting_open(&p, row[i].entries);
        while (next_alive(&p, w, t)) {
            t->present[p.slot] = 1;
            t->hits[p.slot].n = 0;
            while (chat_posting_read(&p))
                APR_ARRAY_PUSH(spots, spot_t) = (spot_t){p.slot, {p.position, 0, 0}};
        }
    }
    qsort(spots->elts, (apr_size_t)spots->nelts, sizeof(spot_t), compare_spots);
    hit = apr_palloc(w->block, sizeof(*hit) * ((apr_size_t)spots->nelts + 1));
    for (int i = 0; i < spots->nelts; i++, hit++) {
        const spot_t *spot = &APR_ARRAY_IDX(spots, i, spot_t);
        *hit = spot->hit;
        if (!t->hits[spot->slot].n++)
            t->hits[spot->slot].list = hit;
    }
}

/* Reads what T has in the block, and lets live what it has when it is needed. */
static void open_term(chat_window_t *w, term_t *t, apr_int64_t block)
{
    int first = t->at;
    memset(t->present, 0, w->slots);
    while (first < t->n && t->rows[first].block > block)
        first++;
    for (t->at = first; t->at < t->n && t->rows[t->at].block == block;)
        t->at++;
    if (t->at == first + 1)
        read_list(w, t, &t->rows[first]);
    else
        read_lists(w, t, &t->rows[first], t->at - first);
    if (!t->needed)
        return;
    memcpy(w->alive, t->present, w->slots);
    w->placed |= *t->word != *CHAT_WORD_AUTHOR;
}

static void look_at_slot(const chat_window_t *w, const chat_block_t *block, int slot,
                         chat_window_fn found, void *baton)
{
    const chat_query_t *q = w->wanted->query;
    chat_hits_t hits[CHAT_QUERY_TERMS];
    int score;
    for (int i = 0; i < q->n_terms; i++) {
        const term_t *t = w->terms[i];
        hits[i] =
            t->present[slot] ? read_hits(t, slot, w->block) : (chat_hits_t){NULL, 0};
    }
    score = chat_query_score(q, hits);
    if (score)
        found(baton, chat_block_first(block) * CHAT_PIECE + slot, score);
}

static apr_size_t length_in(const term_t *t, apr_int64_t block)
{
    apr_size_t len = 0;
    for (int i = t->at; i < t->n && t->rows[i].block == block; i++)
        len += t->rows[i].len;
    return len;
}

/* Short lists first: of long ones only what is still alive is read then. Those that must
 * not be there come last. */
static void look_at_block(chat_window_t *w, const chat_block_t *block,
                          chat_window_fn found, void *baton)
{
    term_t *order[TERMS_MAX];
    apr_size_t lengths[TERMS_MAX];
    apr_pool_clear(w->block);
    w->placed = w->party != NULL;
    memset(w->alive, 1, w->slots);
    for (int i = 0, k; i < w->n; i++) {
        apr_size_t len =
            w->terms[i]->needed ? length_in(w->terms[i], block->block) : APR_SIZE_MAX;
        for (k = i; k > 0 && lengths[k - 1] > len; k--) {
            lengths[k] = lengths[k - 1];
            order[k] = order[k - 1];
        }
        lengths[k] = len;
        order[k] = w->terms[i];
    }
    for (int i = 0; i < w->n && memchr(w->alive, 1, w->slots); i++)
        open_term(w, order[i], block->block);
    for (int slot = (int)w->slots - 1; slot >= 0; slot--) {
        if (w->alive[slot])
            look_at_slot(w, block, slot, found, baton);
    }
}

static int has_all(chat_window_t *w, apr_int64_t block)
{
    for (int i = 0; i < w->n; i++) {
        term_t *t = w->terms[i];
        while (t->at < t->n && t->rows[t->at].block > block)
            t->at++;
        if (t->needed && (t->at == t->n || t->rows[t->at].block < block))
            return 0;
    }
    return 1;
}

apr_status_t chat_window_find(chat_window_t *w, chat_tx_t *tx,
                              const chat_blocks_t *blocks, chat_window_fn found,
                              void *baton)
{
    const chat_block_t *newest = &blocks->list[0], *oldest = &blocks->list[blocks->n - 1];
    int some;
    apr_status_t rv = load(&some, w, tx, oldest->block, newest->block + 1);
    for (int i = 0; rv == APR_SUCCESS && some && i < blocks->n; i++) {
        w->slots = (apr_size_t)blocks->list[i].size * CHAT_PIECE;
        if (has_all(w, blocks->list[i].block))
            look_at_block(w, &blocks->list[i], found, baton);
    }
    return rv;
}

apr_size_t chat_window_work(const chat_window_t *w)
{
    return w->work;
}
