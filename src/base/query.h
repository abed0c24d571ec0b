/* SPDX-License-Identifier: Apache-2.0
 * query.h - what is searched for, and how well a text has it.
 *
 * A query has words, "phrases", words that begin like this* and -what must not be there,
 * with blanks between. All that is not excluded must be there. What a text has is given
 * as positions of words, from the text itself or from an index: both are judged alike.
 */
#ifndef CHAT_BASE_QUERY_H
#define CHAT_BASE_QUERY_H

#include "base/words.h"

/* Bytes of a query, and its words, those of phrases too. */
#define CHAT_QUERY_BYTES 1000
#define CHAT_QUERY_TERMS 64

typedef struct chat_term_t {
    const char *text; /* NUL-terminated */
    apr_size_t len;
    int prefix; /* every word that begins with it counts */
} chat_term_t;

/* Words that follow each other: PART[i] is at the first one's position + OFFSET[i]. */
typedef struct chat_clause_t {
    int first, n;      /* in the query's parts */
    apr_uint32_t span; /* positions from the first word to behind the last */
    int excluded;
} chat_clause_t;

typedef struct chat_query_t {
    chat_term_t terms[CHAT_QUERY_TERMS]; /* each once */
    int n_terms;
    struct {
        int term;
        apr_uint32_t offset;
    } parts[CHAT_QUERY_TERMS];
    int n_parts;
    chat_clause_t clauses[CHAT_QUERY_TERMS + 1]; /* room for one that does not fit */
    int n_clauses;
} chat_query_t;

typedef enum chat_query_status_t {
    CHAT_QUERY_OK,
    CHAT_QUERY_LONG, /* more than CHAT_QUERY_BYTES or CHAT_QUERY_TERMS */
    CHAT_QUERY_EMPTY /* nothing in it that must be there */
} chat_query_status_t;

/* TEXT is valid UTF-8. A quote that is not closed ends with the query. In POOL. */
chat_query_status_t chat_query_parse(chat_query_t *out, const char *text, apr_size_t len,
                                     apr_pool_t *pool);

/* Where a text has a term; BEGIN and END count characters, 0 when they are not known. */
typedef struct chat_hit_t {
    apr_uint32_t position, begin, end;
} chat_hit_t;
/* Of one term, by position. */
typedef struct chat_hits_t {
    chat_hit_t *list;
    int n;
} chat_hits_t;

/* Finds the terms of Q in a text; HITS has room for Q->n_terms and is filled in POOL. */
void chat_query_hits(chat_hits_t *hits, const chat_query_t *q, const char *text,
                     apr_size_t len, apr_pool_t *pool);

/* How well HITS fit Q: 0 not at all, else more for words that are there several times (up
 * to three) and for words that stand side by side as in the query. */
int chat_query_score(const chat_query_t *q, const chat_hits_t *hits);

/* Characters of a text that were searched for. */
typedef struct chat_mark_span_t {
    apr_uint32_t start, length;
} chat_mark_span_t;
/* The spans of HITS, which have BEGIN and END, that count for Q: in order, none meets
 * another; *N of them in POOL. */
chat_mark_span_t *chat_query_marks(int *n, const chat_query_t *q, const chat_hits_t *hits,
                                   apr_pool_t *pool);

#endif
