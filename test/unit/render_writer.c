/* SPDX-License-Identifier: Apache-2.0 */
#include "render/writer.h"
#include "unit.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>

#define ROOM (1024 * 1024)

/* Hands a parsed tree to the writer. */
static void write_tree(chat_writer_t *w, json_t *v)
{
    const char *key;
    json_t *part;
    size_t i;
    switch (json_typeof(v)) {
    case JSON_OBJECT:
        chat_write_object(w);
        json_object_foreach(v, key, part)
        {
            chat_write_key(w, key);
            write_tree(w, part);
        }
        chat_write_end(w);
        break;
    case JSON_ARRAY:
        chat_write_array(w);
        json_array_foreach(v, i, part) write_tree(w, part);
        chat_write_end(w);
        break;
    case JSON_STRING:
        chat_write_bytes(w, json_string_value(v), json_string_length(v));
        break;
    case JSON_INTEGER:
        chat_write_int(w, json_integer_value(v));
        break;
    case JSON_REAL:
        chat_write_real(w, json_real_value(v));
        break;
    case JSON_NULL:
        chat_write_null(w);
        break;
    default:
        chat_write_bool(w, json_is_true(v));
        break;
    }
}

static const struct {
    const char *ending;
    char format;
    unsigned flags;
} formats[] = {
    {".json", 'j', 0},
    {".ascii", 'j', CHAT_JSON_ASCII | CHAT_JSON_ESCAPE_SLASH},
    {".xml", 'x', 0},
    {".dump", 'd', 0},
};

static void start(chat_writer_t *w, chat_buffer_t *out, size_t format)
{
    if (formats[format].format == 'j')
        chat_writer_json(w, out, formats[format].flags);
    else if (formats[format].format == 'x')
        chat_writer_xml(w, out);
    else
        chat_writer_dump(w, out);
}

static void same_bytes(const chat_buffer_t *out, const char *expected, apr_size_t len,
                       const char *path)
{
    assert_false(out->overflow);
    if (out->len != len || memcmp(out->data, expected, len))
        fail_msg("%s: got %.*s", path, (int)out->len, out->data);
}

/* The same document into buffers that are bounded to every length up to the right one. */
static void bounded(json_t *v, size_t format, const char *expected, apr_size_t len,
                    apr_pool_t *pool)
{
    for (apr_size_t max = len > 300 ? len - 300 : 0; max <= len; max++) {
        chat_buffer_t out;
        chat_writer_t w;
        chat_buffer_init(&out, 16, max, pool);
        start(&w, &out, format);
        write_tree(&w, v);
        assert_int_equal(out.overflow, max < len);
        assert_in_range(out.len, 0, max);
        /* XML takes a byte back for an empty element, so only the others keep a prefix.
         */
        if (formats[format].format != 'x' || max == len)
            assert_memory_equal(out.data, expected, out.len);
    }
}

static void renders(const char *path, apr_pool_t *pool)
{
    apr_pool_t *scratch;
    apr_size_t len;
    const char *text = file_text(path, &len, pool);
    json_t *v = json_loadb(text, len, JSON_DECODE_ANY, NULL);
    assert_non_null(v);
    for (size_t i = 0; i < COUNT(formats); i++) {
        const char *name = apr_pstrcat(pool, apr_pstrmemdup(pool, path, strlen(path) - 3),
                                       formats[i].ending, NULL);
        const char *expected = file_text(name, &len, pool);
        chat_buffer_t out;
        chat_writer_t w;
        apr_pool_create(&scratch, pool);
        chat_buffer_init(&out, 16, ROOM, scratch);
        start(&w, &out, i);
        write_tree(&w, v);
        if (!expected)
            fail_msg("%s is missing; got %s", name, chat_buffer_text(&out));
        same_bytes(&out, expected, len, name);
        bounded(v, i, expected, len, scratch);
        apr_pool_destroy(scratch);
    }
    json_decref(v);
}

static void documents(void **state)
{
    assert_in_range(each_file("writer", ".in", renders, *state), 10, 1000);
}

/* What is expected of the dump format is what PHP says, where there is one to ask. */
static void dumped_by_php(const char *path, apr_pool_t *pool)
{
    const char *command = apr_psprintf(
        pool, "php -n -r 'print_r(json_decode(stream_get_contents(STDIN), true));' <'%s'",
        path);
    const char *name =
        apr_pstrcat(pool, apr_pstrmemdup(pool, path, strlen(path) - 3), ".dump", NULL);
    apr_size_t len, size = ROOM, got;
    const char *expected = file_text(name, &len, pool);
    char *text = apr_palloc(pool, size);
    FILE *php = popen(command, "r");
    assert_non_null(php);
    got = fread(text, 1, size, php);
    assert_int_equal(pclose(php), 0);
    if (got != len || memcmp(text, expected, len))
        fail_msg("%s: PHP says %.*s", name, (int)got, text);
}

static void dumps_are_as_from_php(void **state)
{
    if (system("php -n -v >/dev/null 2>&1") != 0)
        skip();
    assert_in_range(each_file("writer", ".in", dumped_by_php, *state), 10, 1000);
}

static void reals(void **state)
{
    static const struct {
        double n;
        const char *json, *xml, *dump;
    } table[] = {
        {5, "5.0", "5", "5"},
        {-0.5, "-0.5", "-0.5", "-0.5"},
        {1700000000.25, "1700000000.25", "1700000000.25", "1700000000.25"},
        {INFINITY, "null", NULL, ""},
        {NAN, "null", NULL, ""},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        chat_buffer_t json, xml, dump;
        chat_writer_t w;
        const char *element = "<?xml version=\"1.0\"?>\n<root/>\n";
        chat_buffer_init(&json, 0, ROOM, *state);
        chat_writer_json(&w, &json, 0);
        chat_write_real(&w, table[i].n);
        assert_string_equal(chat_buffer_text(&json), table[i].json);
        chat_buffer_init(&xml, 0, ROOM, *state);
        chat_writer_xml(&w, &xml);
        chat_write_real(&w, table[i].n);
        if (table[i].xml)
            element = apr_psprintf(*state, "<?xml version=\"1.0\"?>\n<root>%s</root>\n",
                                   table[i].xml);
        assert_string_equal(chat_buffer_text(&xml), element);
        chat_buffer_init(&dump, 0, ROOM, *state);
        chat_writer_dump(&w, &dump);
        chat_write_real(&w, table[i].n);
        assert_string_equal(chat_buffer_text(&dump), table[i].dump);
    }
}

static void members(void **state)
{
    chat_buffer_t out;
    chat_writer_t w;
    chat_buffer_init(&out, 0, ROOM, *state);
    chat_writer_json(&w, &out, 0);
    chat_write_object(&w);
    chat_write_member(&w, "s", "x");
    chat_write_member_int(&w, "i", -3);
    chat_write_member_bool(&w, "b", 1);
    chat_write_member(&w, "e", "");
    chat_write_end(&w);
    assert_string_equal(chat_buffer_text(&out),
                        "{\"s\":\"x\",\"i\":-3,\"b\":true,\"e\":\"\"}");
}

static void too_deep(void **state)
{
    for (size_t i = 0; i < COUNT(formats); i++) {
        chat_buffer_t out;
        chat_writer_t w;
        chat_buffer_init(&out, 0, ROOM, *state);
        start(&w, &out, i);
        for (int d = 0; d < CHAT_WRITER_MAX_DEPTH; d++)
            chat_write_array(&w);
        chat_write_int(&w, 1);
        assert_false(out.overflow);
        for (int d = 0; d < 10; d++) {
            chat_write_object(&w);
            chat_write_member(&w, "k", "v");
        }
        assert_true(out.overflow);
        for (int d = 0; d < CHAT_WRITER_MAX_DEPTH + 10; d++)
            chat_write_end(&w);
        chat_write_end(&w);
        assert_int_equal(w.depth, 0);
    }
}

static const char *quoted(const char *s, apr_size_t len, unsigned flags, apr_pool_t *pool)
{
    chat_buffer_t out;
    chat_writer_t w;
    chat_buffer_init(&out, 0, ROOM, pool);
    chat_writer_json(&w, &out, flags);
    chat_write_bytes(&w, s, len);
    return chat_buffer_text(&out);
}

/* Each byte at each place of a word, against jansson's reading. */
static void every_ascii_byte(void **state)
{
    for (unsigned flags = 0; flags < 4; flags++) {
        for (unsigned c = 1; c < 0x80; c++) {
            for (unsigned at = 0; at < 17; at++) {
                char text[18] = "abcdefghijklmnopq";
                const char *json;
                json_t *v;
                text[at] = (char)c;
                json = quoted(text, 17, flags, *state);
                v = json_loads(json, JSON_DECODE_ANY, NULL);
                assert_non_null(v);
                assert_string_equal(json_string_value(v), text);
                json_decref(v);
            }
        }
    }
}

/* Escapes and wide characters around the place where text is cut into chunks. */
static void chunk_seams(void **state)
{
    static const char *parts[] = {"\"", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    for (size_t i = 0; i < COUNT(parts); i++) {
        for (size_t at = 1015; at < 1030; at++) {
            for (unsigned flags = 0; flags < 4; flags++) {
                char text[2100];
                json_t *v;
                memset(text, 'x', sizeof(text));
                memcpy(text + at, parts[i], strlen(parts[i]));
                text[sizeof(text) - 1] = '\0';
                v = json_loads(quoted(text, sizeof(text) - 1, flags, *state),
                               JSON_DECODE_ANY, NULL);
                assert_non_null(v);
                assert_string_equal(json_string_value(v), text);
                json_decref(v);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(documents),   POOL_TEST(dumps_are_as_from_php),
        POOL_TEST(reals),       POOL_TEST(members),
        POOL_TEST(too_deep),    POOL_TEST(every_ascii_byte),
        POOL_TEST(chunk_seams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
