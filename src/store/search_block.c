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

/* Of a list, or a row that is to end. */
#define ROW_BYTES 4096
/* Of a slice, about; a row counts as some more. */
#define SLICE_BYTES 16384
#define ROW_COST 64

/* FNV-1a: the same words on every machine. */
static int begins_row(const chat_list_t *list, apr_size_t row)
{
    apr_uint32_t hash = 2166136261u;
    for (const char *s = list->word; *s; s++)
        hash = (hash ^ (unsigned char)*s) * 16777619u;
    return hash >> 27 == 0 || list->len >= ROW_BYTES || row >= ROW_BYTES;
}

static void add_list(chat_buffer_t *row, const chat_list_t *list)
{
    if (row->len) {
        chat_buffer_byte(row, ' ');
        chat_buffer_puts(row, list->word);
        chat_buffer_byte(row, ' ');
    }
    chat_buffer_add(row, list->entries, list->len);
}

static void end_row(chat_list_t *out, chat_buffer_t *row)
{
    out->len = row->len;
    out->entries = chat_buffer_text(row);
}

static void join_rows(chat_lists_t *out, const chat_list_t *lists, int n,
                      apr_pool_t *pool)
{
    chat_buffer_t row;
    out->n = 0;
    for (int i = 0; i < n; i++) {
        if (!i || begins_row(&lists[i], row.len)) {
            if (i)
                end_row(&out->list[out->n - 1], &row);
            chat_buffer_init(&row, lists[i].len + 512, APR_INT32_MAX, pool);
            out->list[out->n++].word = lists[i].word;
        }
        add_list(&row, &lists[i]);
    }
    if (n)
        end_row(&out->list[out->n - 1], &row);
}

void chat_search_block_end(chat_lists_t *out, const chat_search_block_t *b, int scope)
{
    int n = (int)apr_hash_count(b->words[scope]), at = 0;
    chat_list_t *lists = apr_palloc(b->pool, sizeof(*lists) * ((apr_size_t)n + 1));
    for (apr_hash_index_t *i = apr_hash_first(b->pool, b->words[scope]); i;
         i = apr_hash_next(i)) {
        chat_posting_writer_t *w = apr_hash_this_val(i);
        chat_list_t *list = &lists[at++];
        list->word = apr_hash_this_key(i);
        list->entries = chat_posting_text(w);
        list->len = w->out.len;
    }
    qsort(lists, (apr_size_t)n, sizeof(*lists), by_word);
    out->list = apr_palloc(b->pool, sizeof(*out->list) * ((apr_size_t)n + 1));
    join_rows(out, lists, n, b->pool);
}

/* ---- differences ---- */

typedef struct differ_t {
    apr_array_header_t *slices;
    int scope;
    apr_size_t bytes;
    chat_buffer_t removed, put;
} differ_t;

static void begin_slice(differ_t *d)
{
    d->bytes = 0;
    chat_buffer_init(&d->removed, 64, APR_INT32_MAX, d->slices->pool);
    chat_buffer_init(&d->put, 1024, APR_INT32_MAX, d->slices->pool);
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

static void end_slice(differ_t *d)
{
    chat_slice_t *slice = apr_array_push(d->slices);
    slice->scope = d->scope;
    slice->removed = ended(&d->removed, ']');
    slice->put = ended(&d->put, '}');
    begin_slice(d);
}

static void put_row(differ_t *d, const chat_list_t *row)
{
    begin_item(&d->put, '{', row->word);
    chat_buffer_puts(&d->put, ":\"");
    chat_buffer_add(&d->put, row->entries, row->len);
    chat_buffer_byte(&d->put, '"');
}

static int is_same(const chat_list_t *a, const chat_list_t *b)
{
    return a->len == b->len && memcmp(a->entries, b->entries, a->len) == 0;
}

/* Neither words nor lists have a character that JSON escapes. A row that stays is a place
 * that no word passes. */
void chat_search_difference(apr_array_header_t *slices, int scope,
                            const chat_lists_t *before, const chat_lists_t *now, int read)
{
    differ_t d = {.slices = slices, .scope = scope};
    int i = 0, k = 0;
    begin_slice(&d);
    while (i < before->n || k < now->n) {
        const chat_list_t *a = &before->list[i], *b = &now->list[k];
        int order = i == before->n ? 1 : k == now->n ? -1 : strcmp(a->word, b->word);
        if (d.bytes >= SLICE_BYTES && (!read || order == 0))
            end_slice(&d);
        if (order < 0)
            begin_item(&d.removed, '[', a->word);
        else if (order > 0 || !is_same(a, b))
            put_row(&d, b);
        if (order != 0 || !is_same(a, b))
            d.bytes += ROW_COST + (order <= 0 ? a->len : 0) + (order >= 0 ? b->len : 0);
        i += order <= 0;
        k += order >= 0;
    }
    if (d.bytes)
        end_slice(&d);
}

void chat_list_open(chat_list_reader_t *row, const char *word, const char *entries)
{
    row->word = word;
    row->word_len = strlen(word);
    row->entries = entries;
    row->len = strcspn(entries, " ");
}

int chat_list_next(chat_list_reader_t *row)
{
    const char *word = row->entries + row->len + 1;
    if (!word[-1])
        return 0;
    row->word = word;
    row->word_len = strcspn(word, " ");
    row->entries = word + row->word_len + (word[row->word_len] == ' ');
    row->len = strcspn(row->entries, " ");
    return 1;
}
