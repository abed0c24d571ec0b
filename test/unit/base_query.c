/* SPDX-License-Identifier: Apache-2.0 */
#include "base/query.h"
#include "unit.h"

/* The words of TEXT with a blank between, a pair in brackets. */
static const char *words_of(const char *text, apr_pool_t *pool)
{
    const char *out = "";
    chat_words_t words;
    chat_word_t w;
    chat_words_begin(&words, text, strlen(text));
    while (chat_words_next(&w, &words)) {
        const char *s = apr_pstrmemdup(pool, w.text, w.len);
        assert_true(w.begin < w.end && w.len <= CHAT_WORD_BYTES);
        out = apr_pstrcat(pool, out, *out ? " " : "", w.dense == 2 ? "(" : "", s,
                          w.dense == 2 ? ")" : "", NULL);
    }
    return out;
}

static void words_are_folded(void **state)
{
    static const struct {
        const char *text, *words;
    } table[] = {
        {"", ""},
        {" .,!?-+ ", ""},
        {"Hello, World_2!", "hello world_2"},
        {"it's user@example.com", "it s user example com"},
        {"Müller MU\u0308LLER Mu\u0308ller", "muller muller muller"},
        {"Straße STRASSE ﬁsh", "strasse strasse fish"},
        {"\uff21\uff22\uff23 \uff11\uff12", "abc 12"},
        {"ISPARTA İstanbul ısparta ISTANBUL", "isparta istanbul isparta istanbul"},
        {"Łódź Øre Ærø đ", "lodz ore aero d"},
        {"ΟΔΟΣ οδός", "οδοσ οδοσ"},
        {"Ёлка елка", "елка елка"},
        {"\u0645\u064f\u062d\u064e\u0645\u0651\u064e\u062f \u0645\u062d\u0645\u062f",
         "\u0645\u062d\u0645\u062f \u0645\u062d\u0645\u062f"},
        {"\u0623\u062d\u0645\u062f \u0627\u062d\u0645\u062f",
         "\u0627\u062d\u0645\u062f \u0627\u062d\u0645\u062f"},
        {"\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd", "\u05e9\u05dc\u05d5\u05dd"},
        {"\u0661\u0662\u0663 \u0967", "123 1"},
        {"\u0939\u093f\u0928\u094d\u0926\u0940", "\u0939\u093f\u0928\u094d\u0926\u0940"},
        {"\u6771\u4eac", "\u6771 (\u6771\u4eac) \u4eac"},
        {"\u6771 \u4eac", "\u6771 \u4eac"},
        {"iPhone\u7528", "iphone \u7528"},
        {"\uff76\uff9e \u30ac",
         "\u30ab (\u30ab\u3099) \u3099 \u30ab (\u30ab\u3099) \u3099"},
        {"\u1112\u1161\u11ab\u1100\u1173\u11af \ud55c\uae00",
         "\ud55c (\ud55c\uae00) \uae00 \ud55c (\ud55c\uae00) \uae00"},
        {"\u0e01\u0e34\u0e19", "\u0e01 (\u0e01\u0e34) \u0e34 (\u0e34\u0e19) \u0e19"},
        {"ok\U0001f44d", "ok \U0001f44d"},
        {"co\u00adop zero\u200bwidth non\u200cjoiner", "coop zero width nonjoiner"},
        {"x\u00b2 \u00bd", "x2 1 2"},
    };
    for (size_t i = 0; i < COUNT(table); i++)
        assert_string_equal(words_of(table[i].text, *state), table[i].words);
}

static void long_words_and_texts_are_cut(void **state)
{
    char text[CHAT_WORDS_BYTES + 100];
    chat_words_t words;
    chat_word_t w;
    int n = 0;
    memset(text, 'a', sizeof(text));
    chat_words_begin(&words, text, sizeof(text));
    assert_true(chat_words_next(&w, &words));
    assert_int_equal(w.len, CHAT_WORD_BYTES);
    assert_int_equal(w.end, CHAT_WORDS_BYTES);
    assert_false(chat_words_next(&w, &words));
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = "\u6771"[i % 3];
    chat_words_begin(&words, text, sizeof(text) / 3 * 3);
    while (chat_words_next(&w, &words))
        n += w.dense == 1;
    assert_int_equal(n, CHAT_WORDS_BYTES / 3);
    (void)state;
}

/* MARKS: start+length of each. */
static void queries_find_what_they_mean(void **state)
{
    static const struct {
        const char *query, *text, *marks; /* NULL: not found */
    } table[] = {
        {"hello", "say Hello, hello", "4+5 11+5"},
        {"hello", "hell", NULL},
        {"hell", "hello", NULL},
        {"hel*", "Help the hello", "0+4 9+5"},
        {"HEL*", "help", "0+4"},
        {"red car", "a car in red", "2+3 9+3"},
        {"red car", "red", NULL},
        {"\"red car\"", "a red car", "2+7"},
        {"\"red car\"", "a red old car", NULL},
        {"\"red car\"", "car red", NULL},
        {"\"red car", "a red car", "2+7"},
        {"red -car", "red car", NULL},
        {"red -car", "red bus", "0+3"},
        {"red -\"old car\"", "red car", "0+3"},
        {"red -\"old car\"", "red old car", NULL},
        {"re* -red", "reed", "0+4"},
        {"re* -red", "reed red", NULL},
        {"\"red ca*\"", "red carpet", "0+10"},
        {"foo-bar", "foo bar foo", "0+7"},
        {"foo-bar", "bar foo", NULL},
        {"a@b.de", "mail a@b.de now", "5+6"},
        {"cafe", "Caf\u00e9 cafe\u0301s cafe\u0301", "0+4 12+5"},
        {"\u4eac", "\u6771\u4eac\u90fd", "1+1"},
        {"\u6771\u4eac", "\u6771\u4eac\u90fd", "0+2"},
        {"\u4eac\u90fd", "\u6771\u4eac\u90fd", "1+2"},
        {"\u6771\u4eac\u90fd", "x \u6771\u4eac\u90fd", "2+3"},
        {"\u6771\u90fd", "\u6771\u4eac\u90fd", NULL},
        {"\u6771 \u90fd", "\u6771\u4eac\u90fd", "0+1 2+1"},
        {"\u6771\u4eac", "\u6771 \u4eac", NULL},
        {"\ud559\uad50", "\uc6b0\ub9ac\ud559\uad50\uc5d0\uc11c", "2+2"},
        {"\u0e01\u0e34\u0e19",
         "\u0e09\u0e31\u0e19\u0e01\u0e34\u0e19\u0e02\u0e49\u0e32\u0e27", "3+3"},
        {"\U0001f44d", "fine\U0001f44d", "4+1"},
        {"istanbul", "\u0130STANBUL", "0+8"},
        {"hello hello", "hello", "0+5"},
        {"* hello", "hello", "0+5"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        chat_query_t q;
        chat_hits_t hits[CHAT_QUERY_TERMS];
        const char *text = table[i].text, *out = NULL;
        int n = 0;
        assert_int_equal(
            chat_query_parse(&q, table[i].query, strlen(table[i].query), *state),
            CHAT_QUERY_OK);
        chat_query_hits(hits, &q, text, strlen(text), *state);
        if (chat_query_score(&q, hits)) {
            chat_mark_span_t *m = chat_query_marks(&n, &q, hits, *state);
            out = "";
            for (int k = 0; k < n; k++)
                out = apr_psprintf(*state, "%s%s%u+%u", out, k ? " " : "", m[k].start,
                                   m[k].length);
        }
        if (!out != !table[i].marks || (out && strcmp(out, table[i].marks)))
            fail_msg("%s in %s: %s", table[i].query, text, out ? out : "not found");
    }
}

static void queries_have_bounds(void **state)
{
    static const struct {
        const char *query;
        chat_query_status_t status;
    } table[] = {
        {"", CHAT_QUERY_EMPTY},       {"  ", CHAT_QUERY_EMPTY},
        {"*", CHAT_QUERY_EMPTY},      {"-", CHAT_QUERY_EMPTY},
        {"--", CHAT_QUERY_EMPTY},     {"-x", CHAT_QUERY_EMPTY},
        {"-\"x y", CHAT_QUERY_EMPTY}, {"\"", CHAT_QUERY_EMPTY},
        {"\"\"\"", CHAT_QUERY_EMPTY}, {"!!! ???", CHAT_QUERY_EMPTY},
        {"x -y", CHAT_QUERY_OK},
    };
    char text[CHAT_QUERY_BYTES + 2];
    chat_query_t q;
    for (size_t i = 0; i < COUNT(table); i++)
        assert_int_equal(
            chat_query_parse(&q, table[i].query, strlen(table[i].query), *state),
            table[i].status);
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = i % 2 ? ' ' : 'a';
    assert_int_equal(chat_query_parse(&q, text, CHAT_QUERY_TERMS * 2, *state),
                     CHAT_QUERY_OK);
    assert_int_equal(q.n_terms, 1);
    assert_int_equal(chat_query_parse(&q, text, CHAT_QUERY_TERMS * 2 + 2, *state),
                     CHAT_QUERY_LONG);
    memset(text, 'a', sizeof(text));
    assert_int_equal(chat_query_parse(&q, text, CHAT_QUERY_BYTES, *state), CHAT_QUERY_OK);
    assert_int_equal(chat_query_parse(&q, text, CHAT_QUERY_BYTES + 1, *state),
                     CHAT_QUERY_LONG);
}

/* Each text is worth more than the next one. */
static void better_texts_are_worth_more(void **state)
{
    static const char *const table[] = {"red car, red car, red car",
                                        "red car and red car", "a red car",
                                        "a car that is red"};
    chat_query_t q;
    int before = APR_INT32_MAX;
    chat_query_parse(&q, "red car", 7, *state);
    for (size_t i = 0; i < COUNT(table); i++) {
        chat_hits_t hits[CHAT_QUERY_TERMS];
        int score;
        chat_query_hits(hits, &q, table[i], strlen(table[i]), *state);
        score = chat_query_score(&q, hits);
        assert_in_range(score, 1, before - 1);
        before = score;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(words_are_folded),
        POOL_TEST(long_words_and_texts_are_cut),
        POOL_TEST(queries_find_what_they_mean),
        POOL_TEST(queries_have_bounds),
        POOL_TEST(better_texts_are_worth_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
