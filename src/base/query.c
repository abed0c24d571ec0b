/* SPDX-License-Identifier: Apache-2.0 */
/* Queries: read, found in a text, judged, marked. */
#include "base/query.h"

#include "base/text.h"

#include <apr_strings.h>
#include <apr_tables.h>
#include <stdlib.h>

#define COUNTED 3   /* times that a word counts in one text */
#define FOR_WORD 2  /* ... and what each is worth */
#define FOR_ORDER 3 /* for two that stand side by side */

/* ---- reading ---- */

static int add_term(chat_query_t *q, const chat_word_t *w, int prefix, apr_pool_t *pool)
{
    for (int i = 0; i < q->n_terms; i++) {
        const chat_term_t *t = &q->terms[i];
        if (t->len == w->len && t->prefix == prefix && !memcmp(t->text, w->text, w->len))
            return i;
    }
    q->terms[q->n_terms].text = apr_pstrmemdup(pool, w->text, w->len);
    q->terms[q->n_terms].len = w->len;
    q->terms[q->n_terms].prefix = prefix;
    return q->n_terms++;
}

/* TEXT is one word or phrase; STAR: its last word is a beginning. A pair stands for both
 * of its characters. 0: too many words. */
static int add_clause(chat_query_t *q, const char *text, apr_size_t len, int excluded,
                      int star, apr_pool_t *pool)
{
    chat_clause_t *c = &q->clauses[q->n_clauses];
    chat_words_t words;
    chat_word_t w, next;
    apr_uint32_t origin = 0;
    int more, paired = 0;
    *c = (chat_clause_t){.first = q->n_parts, .excluded = excluded};
    chat_words_begin(&words, text, len);
    for (more = chat_words_next(&w, &words); more; w = next) {
        int alone = w.dense == 1 && !paired;
        more = chat_words_next(&next, &words);
        alone = alone && !(more && next.dense == 2);
        paired = w.dense == 2;
        if (w.dense == 1 && !alone)
            continue;
        if (q->n_parts == CHAT_QUERY_TERMS)
            return 0;
        origin = c->n ? origin : w.position;
        c->span = w.position - origin + (paired ? 2 : 1);
        q->parts[q->n_parts].offset = w.position - origin;
        q->parts[q->n_parts++].term = add_term(q, &w, star && !more && !w.dense, pool);
        c->n++;
    }
    q->n_clauses += c->n > 0;
    return 1;
}

static int is_blank(const char *s, const char *end, const char **behind)
{
    *behind = s;
    chat_text_next(behind, end);
    return chat_text_blank(s, (apr_size_t)(*behind - s));
}

/* The end of the word or phrase at S, which moves behind its first quote; *REST is where
 * the next one may begin. */
static const char *clause_end(const char **s, const char **rest, const char *end)
{
    const char *p = *s, *behind;
    if (*p == '"') {
        ++*s;
        p = memchr(*s, '"', (apr_size_t)(end - *s));
        *rest = p ? p + 1 : end;
        return p ? p : end;
    }
    while (p < end && *p != '"' && !is_blank(p, end, &behind))
        p = behind;
    *rest = p;
    return p;
}

chat_query_status_t chat_query_parse(chat_query_t *out, const char *text, apr_size_t len,
                                     apr_pool_t *pool)
{
    const char *s = text, *end = text + len, *behind;
    int wanted = 0;
    memset(out, 0, sizeof(*out));
    if (len > CHAT_QUERY_BYTES)
        return CHAT_QUERY_LONG;
    while (s < end) {
        int excluded = *s == '-', before = out->n_clauses;
        const char *stop;
        if (is_blank(s, end, &behind)) {
            s = behind;
            continue;
        }
        s += excluded;
        if (s == end)
            break;
        stop = clause_end(&s, &behind, end);
        if (!add_clause(out, s, (apr_size_t)(stop - s), excluded,
                        stop > s && stop[-1] == '*', pool))
            return CHAT_QUERY_LONG;
        wanted |= !excluded && out->n_clauses > before;
        s = behind;
    }
    return wanted ? CHAT_QUERY_OK : CHAT_QUERY_EMPTY;
}

/* ---- finding ---- */

static int is_term(const chat_term_t *t, const chat_word_t *w)
{
    return t->len <= w->len && (t->prefix ? !w->dense : t->len == w->len) &&
           !memcmp(t->text, w->text, t->len);
}

void chat_query_hits(chat_hits_t *hits, const chat_query_t *q, const char *text,
                     apr_size_t len, apr_pool_t *pool)
{
    apr_array_header_t *lists[CHAT_QUERY_TERMS] = {NULL};
    chat_words_t words;
    chat_word_t w;
    chat_words_begin(&words, text, len);
    while (chat_words_next(&w, &words)) {
        for (int i = 0; i < q->n_terms; i++) {
            if (!is_term(&q->terms[i], &w))
                continue;
            if (!lists[i])
                lists[i] = apr_array_make(pool, 4, sizeof(chat_hit_t));
            APR_ARRAY_PUSH(lists[i], chat_hit_t) =
                (chat_hit_t){w.position, w.begin, w.end};
        }
    }
    for (int i = 0; i < q->n_terms; i++) {
        hits[i].list = lists[i] ? (chat_hit_t *)lists[i]->elts : NULL;
        hits[i].n = lists[i] ? lists[i]->nelts : 0;
    }
}

/* ---- judging ---- */

static const chat_hit_t *hit_at(const chat_hits_t *hits, apr_uint32_t position)
{
    int low = 0, high = hits->n;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (hits->list[middle].position < position)
            low = middle + 1;
        else
            high = middle;
    }
    return low < hits->n && hits->list[low].position == position ? &hits->list[low]
                                                                 : NULL;
}

/* The last word of clause C where its first one is at POSITION; NULL: it is not there. */
static const chat_hit_t *occurs(const chat_query_t *q, const chat_clause_t *c,
                                const chat_hits_t *hits, apr_uint32_t position)
{
    const chat_hit_t *last = NULL;
    for (int i = 0; i < c->n; i++) {
        last = hit_at(&hits[q->parts[c->first + i].term],
                      position + q->parts[c->first + i].offset);
        if (!last)
            return NULL;
    }
    return last;
}

static const chat_hits_t *first_hits(const chat_query_t *q, const chat_clause_t *c,
                                     const chat_hits_t *hits)
{
    return &hits[q->parts[c->first].term];
}

/* What clause C is worth; NEXT, or NULL, comes behind it in the query. */
static int clause_score(const chat_query_t *q, const chat_clause_t *c,
                        const chat_clause_t *next, const chat_hits_t *hits)
{
    const chat_hits_t *first = first_hits(q, c, hits);
    int found = 0, side_by_side = 0;
    for (int i = 0; i < first->n && (found < COUNTED || (next && !side_by_side)); i++) {
        apr_uint32_t at = first->list[i].position;
        if (!occurs(q, c, hits, at))
            continue;
        found++;
        side_by_side |= next && occurs(q, next, hits, at + c->span);
    }
    found = found < COUNTED ? found : COUNTED;
    return found ? found * FOR_WORD + side_by_side * FOR_ORDER : 0;
}

int chat_query_score(const chat_query_t *q, const chat_hits_t *hits)
{
    int score = 0;
    for (int i = 0; i < q->n_clauses; i++) {
        const chat_clause_t *c = &q->clauses[i], *next = c + 1;
        int one;
        if (c->excluded || i + 1 == q->n_clauses || next->excluded)
            next = NULL;
        one = clause_score(q, c, next, hits);
        if ((one > 0) == c->excluded)
            return 0;
        score += one;
    }
    return score;
}

/* ---- marking ---- */

static int by_start(const void *a, const void *b)
{
    const chat_mark_span_t *x = a, *y = b;
    return (x->start > y->start) - (x->start < y->start);
}

chat_mark_span_t *chat_query_marks(int *n, const chat_query_t *q, const chat_hits_t *hits,
                                   apr_pool_t *pool)
{
    apr_array_header_t *all = apr_array_make(pool, 8, sizeof(chat_mark_span_t));
    chat_mark_span_t *list;
    for (int i = 0; i < q->n_clauses; i++) {
        const chat_clause_t *c = &q->clauses[i];
        const chat_hits_t *first = first_hits(q, c, hits);
        for (int k = 0; !c->excluded && k < first->n; k++) {
            const chat_hit_t *last = occurs(q, c, hits, first->list[k].position);
            apr_uint32_t begin = first->list[k].begin;
            if (last)
                APR_ARRAY_PUSH(all, chat_mark_span_t) =
                    (chat_mark_span_t){begin, last->end - begin};
        }
    }
    list = (chat_mark_span_t *)all->elts;
    qsort(list, (apr_size_t)all->nelts, sizeof(*list), by_start);
    *n = 0;
    for (int i = 0; i < all->nelts; i++) {
        apr_uint32_t end = list[i].start + list[i].length;
        chat_mark_span_t *last = *n ? &list[*n - 1] : NULL;
        if (!last || last->start + last->length < list[i].start)
            list[(*n)++] = list[i];
        else if (last->start + last->length < end)
            last->length = end - last->start;
    }
    return list;
}
