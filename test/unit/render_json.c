/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_bounds.h"
#include "base/status.h"
#include "render/json.h"
#include "render/json_flat.h"
#include "unit.h"

#include <jansson.h>

static const char *beside(const char *path, const char *ending, apr_pool_t *pool)
{
    const char *dot = strrchr(path, '.');
    return apr_pstrcat(pool, apr_pstrmemdup(pool, path, (apr_size_t)(dot - path)), ending,
                       NULL);
}

/* The value as jansson writes it. */
static const char *dump(const chat_json_t *v, apr_pool_t *pool)
{
    char *text = json_dumps((const json_t *)v, JSON_COMPACT | JSON_ENCODE_ANY);
    const char *copy = text ? apr_pstrdup(pool, text) : NULL;
    free(text);
    return copy;
}

static void parses(const char *path, apr_pool_t *pool)
{
    const chat_json_t *v;
    const char *why, *text, *expected, *again;
    apr_size_t len, expected_len;
    text = file_text(path, &len, pool);
    expected = file_text(beside(path, ".expected", pool), &expected_len, pool);
    assert_non_null(expected);
    if (chat_json_parse(&v, &why, text, len, pool) != APR_SUCCESS)
        fail_msg("%s: %s", path, why);
    assert_null(why);
    again = dump(v, pool);
    assert_string_equal(again, expected);
    assert_int_equal(chat_json_parse(&v, &why, again, strlen(again), pool), APR_SUCCESS);
}

static void is_refused(const char *path, apr_pool_t *pool)
{
    const chat_json_t *v = (const chat_json_t *)path;
    const char *why, *text, *expected, *p;
    apr_size_t len, expected_len;
    text = file_text(path, &len, pool);
    expected = file_text(beside(path, ".expected", pool), &expected_len, pool);
    assert_non_null(expected);
    if (chat_json_parse(&v, &why, text, len, pool) != CHAT_MALFORMED)
        fail_msg("%s: accepted", path);
    assert_null(v);
    if (!strstr(why, expected))
        fail_msg("%s: \"%s\" without \"%s\"", path, why, expected);
    for (p = why; *p; p++)
        assert_in_range(*p, ' ', '~');
}

static void valid_texts(void **state)
{
    assert_in_range(each_file("json-in/valid", ".json", parses, *state), 10, 1000);
}

static void invalid_texts(void **state)
{
    assert_in_range(each_file("json-in/invalid", ".json", is_refused, *state), 10, 1000);
}

static void too_long(void **state)
{
    apr_size_t len = CHAT_JSON_MAX_BYTES + 1;
    const chat_json_t *v;
    const char *why;
    char *text = malloc(len);
    assert_non_null(text);
    memset(text, ' ', len);
    text[0] = '1';
    assert_int_equal(chat_json_parse(&v, &why, text, len - 1, *state), APR_SUCCESS);
    assert_int_equal(chat_json_parse(&v, &why, text, len, *state), CHAT_MALFORMED);
    assert_non_null(strstr(why, "too long"));
    free(text);
}

static const chat_json_t *parsed(const char *text, apr_pool_t *pool)
{
    const chat_json_t *v;
    const char *why;
    assert_int_equal(chat_json_parse(&v, &why, text, strlen(text), pool), APR_SUCCESS);
    return v;
}

static void values_are_read(void **state)
{
    static const struct {
        const char *json;
        chat_json_type_t type;
        const char *text, *string;
        int integer, boolean;
    } table[] = {
        {"null", CHAT_JSON_NULL, NULL, NULL, 0, 0},
        {"true", CHAT_JSON_BOOLEAN, "true", NULL, 0, 1},
        {"false", CHAT_JSON_BOOLEAN, "false", NULL, 0, 1},
        {"7", CHAT_JSON_INTEGER, "7", NULL, 1, 0},
        {"-9223372036854775808", CHAT_JSON_INTEGER, "-9223372036854775808", NULL, 1, 0},
        {"1.50", CHAT_JSON_REAL, "1.5", NULL, 0, 0},
        {"1700000000.123456", CHAT_JSON_REAL, "1700000000.123456", NULL, 0, 0},
        {"\"x\"", CHAT_JSON_STRING, "x", "x", 0, 0},
        {"\"\"", CHAT_JSON_STRING, "", "", 0, 0},
        {"[]", CHAT_JSON_ARRAY, NULL, NULL, 0, 0},
        {"{}", CHAT_JSON_OBJECT, NULL, NULL, 0, 0},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        const chat_json_t *v = parsed(table[i].json, *state);
        const char *text = chat_json_text(v, *state);
        const char *string = chat_json_string(v, NULL);
        apr_int64_t n = 77;
        int b = 77;
        assert_int_equal(chat_json_type(v), table[i].type);
        assert_int_equal(!text, !table[i].text);
        if (text)
            assert_string_equal(text, table[i].text);
        assert_int_equal(!string, !table[i].string);
        if (string)
            assert_string_equal(string, table[i].string);
        assert_int_equal(chat_json_integer(&n, v), table[i].integer);
        assert_int_equal(n != 77, table[i].integer);
        assert_int_equal(chat_json_boolean(&b, v), table[i].boolean);
        assert_int_equal(b != 77, table[i].boolean);
    }
}

/* Both ways give the same value; only plain texts go the short one. */
static void short_way(void **state)
{
    static const char *const plain[] = {
        "{\"token\":\"f00d\",\"message\":\"hello\",\"channel\":\"default\"}",
        " {\t\"a\" :\r\n \"\" , \"\" : -7 , \"b\":null } \n",
        "{\"a\":true,\"b\":false,\"c\":123456789012345678}",
        "{\"n\":\"\xc3\xa4\xf0\x9f\x99\x82\x7f\"}",
        "{\"twice\":1,\"once\":2,\"twice\":\"x\"}",
        "{\"\xc3\xa4\":1}",
    };
    static const char *const others[] = {
        "{}",
        "",
        " ",
        "{",
        "{\"",
        "{\"a",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{\"a\":1}x",
        "{\"a\":1 \"b\":2}",
        "{\"a\" 1}",
        "{a:1}",
        "[1]",
        "1",
        "{\"a\":{}}",
        "{\"a\":[1]}",
        "{\"a\":1.5}",
        "{\"a\":1e3}",
        "{\"a\":0}",
        "{\"a\":01}",
        "{\"a\":-}",
        "{\"a\":-0}",
        "{\"a\":1234567890123456789}",
        "{\"a\":truer}",
        "{\"a\":tru}",
        "{\"a\":\"\\n\"}",
        "{\"\\u0061\":1}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\xc3\"}",
        "{\"a\":\"\xed\xa0\x80\"}",
        "{\"a\":\"\xc0\x80\"}",
        "\xef\xbb\xbf{\"a\":1}",
        "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1,\"j\":"
        "1,\"k\":1,"
        "\"l\":1,\"m\":1,\"n\":1,\"o\":1,\"p\":1,\"q\":1}",
        "{\"a name that is much too long for the parameter of any documented API\":1}",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(plain); i++) {
        json_t *flat = chat_json_flat(plain[i], strlen(plain[i]));
        json_t *judged = json_loads(plain[i], 0, NULL);
        assert_true(flat && json_equal(flat, judged));
        json_decref(flat);
        json_decref(judged);
    }
    for (size_t i = 0; i < COUNT(others); i++) {
        if (chat_json_flat(others[i], strlen(others[i])))
            fail_msg("%s", others[i]);
    }
    /* a NUL is a byte like any other */
    assert_null(chat_json_flat("{\"a\":1}", 8));
    assert_null(chat_json_flat("{\"a\":\"\0\"}", 10));
}

static void containers_are_walked(void **state)
{
    const chat_json_t *v = parsed("{\"list\":[1,\"two\",null],\"o\":{}}", *state);
    const chat_json_t *list = chat_json_member(v, "list");
    apr_size_t len = 0;
    assert_int_equal(chat_json_count(v), 2);
    assert_int_equal(chat_json_count(list), 3);
    assert_int_equal(chat_json_count(chat_json_member(v, "o")), 0);
    assert_string_equal(chat_json_string(chat_json_element(list, 1), &len), "two");
    assert_int_equal(len, 3);
    assert_int_equal(chat_json_type(chat_json_element(list, 2)), CHAT_JSON_NULL);
    assert_null(chat_json_element(list, 3));
    assert_null(chat_json_element(v, 0));
    assert_null(chat_json_member(v, "none"));
    assert_null(chat_json_member(list, "list"));
    assert_int_equal(chat_json_count(chat_json_element(list, 1)), 0);
}

static void nothing_is_nothing(void **state)
{
    apr_int64_t n = 77;
    int b = 77;
    assert_int_equal(chat_json_type(NULL), CHAT_JSON_NONE);
    assert_null(chat_json_member(NULL, "a"));
    assert_int_equal(chat_json_count(NULL), 0);
    assert_null(chat_json_element(NULL, 0));
    assert_null(chat_json_string(NULL, NULL));
    assert_null(chat_json_text(NULL, *state));
    assert_false(chat_json_integer(&n, NULL));
    assert_false(chat_json_boolean(&b, NULL));
    assert_int_equal(n + b, 154);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(valid_texts),        POOL_TEST(invalid_texts),
        POOL_TEST(too_long),           POOL_TEST(values_are_read),
        POOL_TEST(short_way),          POOL_TEST(containers_are_walked),
        POOL_TEST(nothing_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
