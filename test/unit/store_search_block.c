/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of words, rows of them, and the slices in which rows are written. */
#include "store/search_block.h"
#include "unit.h"

#include <apr_strings.h>
#include <jansson.h>

typedef struct chance_t {
    apr_uint32_t seed;
    apr_pool_t *pool;
} chance_t;

static int dice(chance_t *c, int n)
{
    c->seed = c->seed * 1664525u + 1013904223u;
    return (int)((c->seed >> 8) % (apr_uint32_t)n);
}

/* "w0" often, "w4999" not. */
static const char *any_text(chance_t *c)
{
    const char *out = "";
    for (int i = dice(c, 12); i >= 0; i--)
        out = apr_psprintf(c->pool, "%s w%d", out, dice(c, 1 + dice(c, 5000)));
    return out;
}

/* Lists of 512 texts, of which some have other words by the time NEW. */
static void make_lists(chat_lists_t *out, chance_t *c, int new)
{
    chat_search_block_t b;
    apr_uint32_t seed = c->seed;
    chat_search_block_begin(&b, 0, c->pool);
    for (int i = 0; i < 512; i++) {
        chat_search_row_t row = {.id = i, .channel = 1};
        const char *before = any_text(c), *now = any_text(c);
        row.body = new &&i % 8 == 0 ? now : before;
        row.body_len = strlen(row.body);
        chat_search_block_add(&b, &row);
    }
    chat_search_block_end(out, &b, CHAT_SCOPE_CHANNEL);
    if (!new)
        c->seed = seed;
}

static void apply(apr_hash_t *rows, const chat_slice_t *slice)
{
    json_t *json = slice->removed ? json_loads(slice->removed, 0, NULL) : NULL, *row;
    const char *word;
    size_t i;
    assert_true(!slice->removed || json);
    json_array_foreach(json, i, row)
        apr_hash_set(rows, apr_pstrdup(apr_hash_pool_get(rows), json_string_value(row)),
                     APR_HASH_KEY_STRING, NULL);
    json_decref(json);
    json = slice->put ? json_loads(slice->put, 0, NULL) : NULL;
    assert_true(!slice->put || json);
    json_object_foreach(json, word, row) apr_hash_set(
        rows, apr_pstrdup(apr_hash_pool_get(rows), word), APR_HASH_KEY_STRING,
        apr_pstrdup(apr_hash_pool_get(rows), json_string_value(row)));
    json_decref(json);
}

/* The list of WORD as a search reads it. */
static const char *list_in(apr_hash_t *rows, const char *word, apr_pool_t *pool)
{
    const char *key = NULL;
    chat_list_reader_t row;
    for (apr_hash_index_t *i = apr_hash_first(pool, rows); i; i = apr_hash_next(i)) {
        const char *k = apr_hash_this_key(i);
        if (strcmp(k, word) <= 0 && (!key || strcmp(k, key) > 0))
            key = k;
    }
    if (!key)
        return "";
    chat_list_open(&row, key, apr_hash_get(rows, key, APR_HASH_KEY_STRING));
    do {
        if (row.word_len == strlen(word) && !strncmp(row.word, word, row.word_len))
            return apr_pstrmemdup(pool, row.entries, row.len);
    } while (chat_list_next(&row));
    return "";
}

/* Every word has its list of before or of now while some slices are written. */
static void each_slice_leaves_words_in_their_places(void **state)
{
    chance_t c = {5, *state};
    for (int round = 0; round < 6; round++) {
        apr_array_header_t *slices = apr_array_make(*state, 8, sizeof(chat_slice_t));
        apr_hash_t *rows = apr_hash_make(*state), *now = apr_hash_make(*state);
        chat_lists_t none = {NULL, 0}, before, after;
        make_lists(&before, &c, 0);
        make_lists(&after, &c, 1);
        chat_search_difference(slices, CHAT_SCOPE_CHANNEL, &none, &after, 0);
        for (; slices->nelts; apr_array_pop(slices))
            apply(now, &APR_ARRAY_IDX(slices, slices->nelts - 1, chat_slice_t));
        for (int i = 0; i < before.n; i++)
            apr_hash_set(rows, before.list[i].word, APR_HASH_KEY_STRING,
                         before.list[i].entries);
        chat_search_difference(slices, CHAT_SCOPE_CHANNEL, &before, &after, 1);
        assert_true(slices->nelts > 1);
        for (int i = 0; i < slices->nelts; i++) {
            apr_hash_t *was = apr_hash_copy(*state, rows);
            apply(rows, &APR_ARRAY_IDX(slices, i, chat_slice_t));
            for (int k = 0; k < 5000; k += 1 + dice(&c, 9)) {
                const char *word = apr_psprintf(*state, "w%d", k),
                           *list = list_in(rows, word, *state);
                assert_true(!strcmp(list, list_in(was, word, *state)) ||
                            !strcmp(list, list_in(now, word, *state)));
            }
        }
        assert_int_equal(apr_hash_count(rows), apr_hash_count(now));
    }
}

static void lists_are_read_as_they_were_written(void **state)
{
    chance_t c = {3, *state};
    for (int round = 0; round < 300; round++) {
        chat_posting_writer_t out;
        chat_posting_t in;
        const char *text;
        apr_uint32_t seed = c.seed;
        chat_posting_begin(&out, *state);
        for (int slot = dice(&c, 20); slot < CHAT_BLOCK_MAX; slot += 1 + dice(&c, 90)) {
            apr_uint32_t at = 0;
            chat_posting_entry(&out, slot, dice(&c, 3) ? 7 : APR_INT64_MAX - dice(&c, 9));
            for (int i = dice(&c, 5); i > 0; i--)
                chat_posting_position(&out, at += 1 + (apr_uint32_t)dice(&c, 9000));
        }
        text = chat_posting_text(&out);
        assert_null(strpbrk(text, "\\\"\n"));
        chat_posting_open(&in, text);
        c.seed = seed;
        for (int slot = dice(&c, 20); slot < CHAT_BLOCK_MAX; slot += 1 + dice(&c, 90)) {
            apr_uint32_t at = 0;
            assert_true(chat_posting_next(&in));
            assert_int_equal(in.slot, slot);
            assert_int_equal(in.place, dice(&c, 3) ? 7 : APR_INT64_MAX - dice(&c, 9));
            for (int i = dice(&c, 5); i > 0; i--) {
                assert_true(chat_posting_read(&in));
                assert_int_equal(in.position, at += 1 + (apr_uint32_t)dice(&c, 9000));
            }
            assert_false(chat_posting_read(&in));
        }
        assert_false(chat_posting_next(&in));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(lists_are_read_as_they_were_written),
        POOL_TEST(each_slice_leaves_words_in_their_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
