/* SPDX-License-Identifier: Apache-2.0 */
/* Makes blocks of the index. */
#include "store/search_block.h"

#include "base/words.h"

#include <apr_strings.h>
#include <stdlib.h>

void chat_search_row_read(void *row, chat_stmt_t *s, apr_pool_t *pool)
{
    chat_search_row_t *out = row;
    out->id = chat_sql_int(s, 0);
    out->channel = chat_sql_int(s, 1);
    out->author = chat_sql_int(s, 2);
    out->body = chat_sql_text(s, 3, &out->body_len, pool);
    out->account = chat_sql_int(s, 4);
    out->peer = chat_sql_int(s, 5);
}

void chat_search_block_begin(chat_search_block_t *b, apr_pool_t *pool)
{
    b->last = 0;
    b->pool = pool;
    for (int i = 0; i < CHAT_SCOPES; i++)
        b->words[i] = apr_hash_make(pool);
}

static chat_posting_writer_t *posting(chat_search_block_t *b, int scope, const char *word,
                                      apr_size_t len)
{
    chat_posting_writer_t *w = apr_hash_get(b->words[scope], word, (apr_ssize_t)len);
    if (!w) {
        w = apr_palloc(b->pool, sizeof(*w));
        chat_posting_begin(w, b->pool);
        apr_hash_set(b->words[scope], apr_pstrmemdup(b->pool, word, len),
                     (apr_ssize_t)len, w);
    }
    return w;
}

static void add_number(chat_search_block_t *b, const chat_search_row_t *row,
                       const char *kind, apr_int64_t n)
{
    char word[1 + CHAT_INT_SIZE];
    int scope = row->account ? CHAT_SCOPE_DIRECT : CHAT_SCOPE_CHANNEL;
    word[0] = *kind;
    chat_posting_entry(posting(b, scope, word, 1 + (apr_size_t)chat_int_text(word + 1, n)),
                       (int)(row->id % CHAT_BLOCK),
                       *kind == *CHAT_WORD_PARTY ? row->peer : 0);
}

static void add_words(chat_search_block_t *b, const chat_search_row_t *row)
{
    chat_words_t words;
    chat_word_t w;
    int scope = row->account ? CHAT_SCOPE_DIRECT : CHAT_SCOPE_CHANNEL;
    chat_words_begin(&words, row->body, row->body_len);
    while (chat_words_next(&w, &words)) {
        chat_posting_writer_t *p = posting(b, scope, w.text, w.len);
        chat_posting_entry(p, (int)(row->id % CHAT_BLOCK), row->channel);
        chat_posting_position(p, w.position);
    }
}

/* A direct message comes once for each of its parties. */
void chat_search_block_add(chat_search_block_t *b, const chat_search_row_t *row)
{
    if (row->account)
        add_number(b, row, CHAT_WORD_PARTY, row->account);
    if (row->id == b->last)
        return;
    b->last = row->id;
    if (row->author)
        add_number(b, row, CHAT_WORD_AUTHOR, row->author);
    add_words(b, row);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Neither words nor lists have a character that JSON escapes. */
void chat_search_block_end(const char **words, const char **postings,
                           const chat_search_block_t *b, int scope)
{
    unsigned n = apr_hash_count(b->words[scope]), at = 0;
    const char **all = apr_palloc(b->pool, sizeof(*all) * (n + 1));
    chat_buffer_t names, lists;
    for (apr_hash_index_t *i = apr_hash_first(b->pool, b->words[scope]); i;
         i = apr_hash_next(i))
        all[at++] = apr_hash_this_key(i);
    qsort(all, n, sizeof(*all), by_text);
    chat_buffer_init(&names, 4096, APR_INT32_MAX, b->pool);
    chat_buffer_init(&lists, 16384, APR_INT32_MAX, b->pool);
    for (unsigned i = 0; i < n; i++) {
        chat_posting_writer_t *w =
            apr_hash_get(b->words[scope], all[i], APR_HASH_KEY_STRING);
        chat_buffer_printf(&names, "%s\"%s\"", i ? "," : "[", all[i]);
        chat_buffer_printf(&lists, "%s[\"%s\",\"%s\"]", i ? "," : "[", all[i],
                           chat_posting_text(w));
    }
    chat_buffer_puts(&names, n ? "]" : "[]");
    chat_buffer_puts(&lists, n ? "]" : "[]");
    *words = chat_buffer_text(&names);
    *postings = chat_buffer_text(&lists);
}
