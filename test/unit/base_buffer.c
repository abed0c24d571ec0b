/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"
#include "unit.h"

static void grows_to_its_bound(void **state)
{
    static const apr_size_t sizes[] = {0, 1, 7, 64, 1000, 5000};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        chat_buffer_t b;
        chat_buffer_init(&b, sizes[i], 1000, *state);
        for (size_t n = 0; n < 1000; n++) {
            chat_buffer_byte(&b, (char)('a' + n % 26));
            assert_int_equal(b.len, n + 1);
        }
        assert_false(b.overflow);
        chat_buffer_byte(&b, '!');
        assert_true(b.overflow);
        assert_int_equal(b.len, 1000);
        assert_int_equal(strlen(chat_buffer_text(&b)), 1000);
        for (size_t n = 0; n < 1000; n++)
            assert_int_equal(b.data[n], 'a' + n % 26);
    }
}

static void overflow_keeps_a_prefix(void **state)
{
    chat_buffer_t b;
    chat_buffer_init(&b, 4, 10, *state);
    chat_buffer_puts(&b, "12345678");
    chat_buffer_puts(&b, "abc");
    chat_buffer_puts(&b, "d");
    chat_buffer_byte(&b, 'e');
    chat_buffer_int(&b, 9);
    chat_buffer_printf(&b, "%d", 9);
    assert_true(b.overflow);
    assert_string_equal(chat_buffer_text(&b), "12345678");
    assert_false(chat_buffer_reserve(&b, (apr_size_t)-1));
    chat_buffer_add(&b, NULL, 0);
    assert_int_equal(b.len, 8);
}

static void integers(void **state)
{
    static const struct {
        apr_int64_t n;
        const char *text;
    } table[] = {
        {0, "0"},
        {7, "7"},
        {10, "10"},
        {99, "99"},
        {100, "100"},
        {12345, "12345"},
        {-1, "-1"},
        {-1000, "-1000"},
        {1731653880123456, "1731653880123456"},
        {APR_INT64_MAX, "9223372036854775807"},
        {APR_INT64_MIN, "-9223372036854775808"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        char text[CHAT_INT_SIZE];
        chat_buffer_t b;
        chat_buffer_init(&b, 1, 100, *state);
        chat_buffer_int(&b, table[i].n);
        assert_string_equal(chat_buffer_text(&b), table[i].text);
        assert_int_equal(chat_int_text(text, table[i].n), strlen(table[i].text));
        assert_string_equal(text, table[i].text);
    }
}

static void integers_as_printf(void **state)
{
    apr_uint64_t n = 1;
    (void)state;
    for (int i = 0; i < 100000; i++) {
        char ours[CHAT_INT_SIZE], theirs[32];
        n = n * APR_UINT64_C(6364136223846793005) + 1442695040888963407u;
        chat_int_text(ours, (apr_int64_t)n >> i % 64);
        apr_snprintf(theirs, sizeof(theirs), "%" APR_INT64_T_FMT,
                     (apr_int64_t)n >> i % 64);
        assert_string_equal(ours, theirs);
    }
}

static void printf_grows(void **state)
{
    chat_buffer_t b;
    chat_buffer_init(&b, 0, 100000, *state);
    for (int i = 0; i < 1000; i++)
        chat_buffer_printf(&b, "%05d %s|", i, "text");
    assert_false(b.overflow);
    assert_int_equal(b.len, 11000);
    assert_memory_equal(b.data, "00000 text|00001 text|", 22);
    assert_string_equal(chat_buffer_text(&b) + 10989, "00999 text|");
    chat_buffer_printf(&b, "%s", "");
    assert_int_equal(b.len, 11000);
}

static void printf_overflows(void **state)
{
    chat_buffer_t b;
    chat_buffer_init(&b, 3, 5, *state);
    chat_buffer_printf(&b, "%s", "12345");
    assert_false(b.overflow);
    assert_string_equal(chat_buffer_text(&b), "12345");
    chat_buffer_init(&b, 3, 5, *state);
    chat_buffer_printf(&b, "%s", "123456");
    assert_true(b.overflow);
    assert_string_equal(chat_buffer_text(&b), "12345");
}

/* Whether the content fits before what is taken, or behind its bound, changes no byte. */
static void takes_another(void **state)
{
    for (apr_size_t skip = 0; skip < 6; skip++) {
        chat_buffer_t b, with;
        chat_buffer_init(&b, 8, 64, *state);
        chat_buffer_init(&with, 8, 64, *state);
        chat_buffer_puts(&b, "one");
        chat_buffer_puts(&with, "12345 two");
        chat_buffer_take(&b, &with, skip);
        chat_buffer_puts(&b, " and three");
        assert_string_equal(
            chat_buffer_text(&b),
            apr_pstrcat(*state, "one", "12345 two" + skip, " and three", NULL));
        chat_buffer_init(&b, 8, 8, *state);
        chat_buffer_init(&with, 8, 64, *state);
        chat_buffer_puts(&b, "one");
        chat_buffer_puts(&with, "12345678 two");
        chat_buffer_take(&b, &with, skip);
        assert_true(b.overflow);
        assert_string_equal(chat_buffer_text(&b), "one");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(grows_to_its_bound), POOL_TEST(overflow_keeps_a_prefix),
        POOL_TEST(integers),           POOL_TEST(integers_as_printf),
        POOL_TEST(printf_grows),       POOL_TEST(printf_overflows),
        POOL_TEST(takes_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
