/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a query, as a text that is searched, and as a list of the index. */
#include "base/query.h"

#include "base/text.h"
#include "fuzz.h"
#include "store/posting.h"

#include <apr_strings.h>

/* A list is read to its end, whatever it is, and goes up. */
static void as_list(const char *s, apr_size_t len, apr_pool_t *pool)
{
    chat_posting_t p;
    int before = -1;
    chat_posting_open(&p, apr_pstrmemdup(pool, s, len));
    while (chat_posting_next(&p)) {
        insist(p.slot > before && p.slot < CHAT_BLOCK_MAX);
        before = p.slot;
        while (chat_posting_read(&p))
            ;
    }
}

static void as_words(const char *s, apr_size_t len)
{
    apr_uint32_t length = (apr_uint32_t)chat_text_length(s, len), before = 0;
    chat_words_t words;
    chat_word_t w;
    chat_words_begin(&words, s, len);
    while (chat_words_next(&w, &words)) {
        insist(w.len > 0 && w.len <= CHAT_WORD_BYTES && chat_text_valid(w.text, w.len));
        insist(w.begin < w.end && w.end <= length && w.position >= before);
        before = w.position;
    }
}

/* What is before the first line break is the query, the rest the text. */
static void as_search(const char *s, apr_size_t len, apr_pool_t *pool)
{
    const char *line = memchr(s, '\n', len);
    apr_size_t n = line ? (apr_size_t)(line - s) : len;
    chat_hits_t hits[CHAT_QUERY_TERMS];
    chat_query_t q;
    int marks = 0;
    if (chat_query_parse(&q, s, n, pool) != CHAT_QUERY_OK)
        return;
    insist(q.n_terms && q.n_clauses && q.n_parts >= q.n_clauses);
    chat_query_hits(hits, &q, s + n, len - n, pool);
    if (chat_query_score(&q, hits)) {
        chat_mark_span_t *m = chat_query_marks(&marks, &q, hits, pool);
        insist(marks > 0 && m[marks - 1].start + m[marks - 1].length <=
                                chat_text_length(s + n, len - n));
    }
}

static void one(const char *s, size_t size, apr_pool_t *pool)
{
    as_list(s, size, pool);
    if (chat_text_valid(s, size)) {
        as_words(s, size);
        as_search(s, size, pool);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_text(data, size, one);
}
