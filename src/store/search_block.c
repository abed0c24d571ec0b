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

void chat_search_block_begin(chat_search_block_t *b, apr_int64_t first, apr_pool_t *pool)
{
    b->first = first;
    b->last = 0;
    b->bytes = 0;
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
    chat_posting_entry(
        posting(b, scope, word, 1 + (apr_size_t)chat_int_text(word + 1, n)),
        (int)(row->id - b->first), *kind == *CHAT_WORD_PARTY ? row->peer : 0);
}

static void add_words(chat_search_block_t *b, const chat_search_row_t *row)
{
    chat_words_t words;
    chat_word_t w;
    int scope = row->account ? CHAT_SCOPE_DIRECT : CHAT_SCOPE_CHANNEL;
    chat_words_begin(&words, row->body, row->body_len);
    while (chat_words_next(&w, &words)) {
        chat_posting_writer_t *p = posting(b, scope, w.text, w.len);
        chat_posting_entry(p, (int)(row->id - b->first), row->channel);
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
    b->bytes += row->body_len;
    if (row->author)
        add_number(b, row, CHAT_WORD_AUTHOR, row->author);
    add_words(b, row);
}

static int by_word(const void *a, const void *b)
{
    return strcmp(((const chat_list_t *)a)->word, ((const chat_list_t *)b)->word);
}

void chat_search_block_end(chat_lists_t *out, const chat_search_block_t *b, int scope)
{
    apr_size_t n = apr_hash_count(b->words[scope]);
    out->list = apr_palloc(b->pool, sizeof(chat_list_t) * (n + 1));
    out->n = 0;
    for (apr_hash_index_t *i = apr_hash_first(b->pool, b->words[scope]); i;
         i = apr_hash_next(i)) {
        chat_list_t *list = &out->list[out->n++];
        list->word = apr_hash_this_key(i);
        list->entries = chat_posting_text(apr_hash_this_val(i));
    }
    qsort(out->list, n, sizeof(chat_list_t), by_word);
}

static void begin_item(chat_buffer_t *out, char bracket, const char *word)
{
    chat_buffer_byte(out, out->len ? ',' : bracket);
    chat_buffer_byte(out, '"');
    chat_buffer_puts(out, word);
    chat_buffer_byte(out, '"');
}

static const char *ended(chat_buffer_t *out, char bracket)
{
    if (!out->len)
        return NULL;
    chat_buffer_byte(out, bracket);
    return chat_buffer_text(out);
}

/* Neither words nor lists have a character that JSON escapes. */
void chat_search_difference(const char **removed, const char **put,
                            const chat_lists_t *before, const chat_lists_t *now,
                            apr_pool_t *pool)
{
    chat_buffer_t gone, lists;
    int i = 0, k = 0;
    chat_buffer_init(&gone, 256, APR_INT32_MAX, pool);
    chat_buffer_init(&lists, 16384, APR_INT32_MAX, pool);
    while (i < before->n || k < now->n) {
        const chat_list_t *a = &before->list[i], *b = &now->list[k];
        int order = i == before->n ? 1 : k == now->n ? -1 : strcmp(a->word, b->word);
        if (order < 0)
            begin_item(&gone, '[', a->word);
        else if (order > 0 || strcmp(a->entries, b->entries) != 0) {
            begin_item(&lists, '{', b->word);
            chat_buffer_puts(&lists, ":\"");
            chat_buffer_puts(&lists, b->entries);
            chat_buffer_byte(&lists, '"');
        }
        i += order <= 0;
        k += order >= 0;
    }
    *removed = ended(&gone, ']');
    *put = ended(&lists, '}');
}
