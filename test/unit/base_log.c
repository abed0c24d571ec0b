/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "unit.h"

typedef struct seen_t {
    int lines;
    chat_log_level_t level;
    apr_status_t rv;
    char text[2000];
} seen_t;

static void keep(void *baton, chat_log_level_t level, apr_status_t rv, const char *text)
{
    seen_t *seen = baton;
    seen->lines++;
    seen->level = level;
    seen->rv = rv;
    apr_cpystrn(seen->text, text, sizeof(seen->text));
}

static void lines_are_escaped(void **state)
{
    static const struct {
        const char *in, *out;
    } table[] = {
        {"plain text", "CHAT0042: plain text"},
        {"", "CHAT0042: "},
        {"a\nb\r\tc", "CHAT0042: a\\x0ab\\x0d\\x09c"},
        {"\x1b[31m\x7f", "CHAT0042: \\x1b[31m\\x7f"},
        {"\xc3\xa9", "CHAT0042: \\xc3\\xa9"},
        {"100% %s", "CHAT0042: 100% %s"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        seen_t seen = {0, CHAT_LOG_DEBUG, 0, ""};
        chat_log_t log = {keep, &seen, CHAT_LOG_INFO};
        chat_log(&log, CHAT_LOG_WARNING, 42, APR_EACCES, "%s", table[i].in);
        assert_int_equal(seen.lines, 1);
        assert_int_equal(seen.level, CHAT_LOG_WARNING);
        assert_int_equal(seen.rv, APR_EACCES);
        assert_string_equal(seen.text, table[i].out);
    }
}

static void long_lines_are_cut(void **state)
{
    static const char fills[] = {'x', '\n', '\x80'};
    (void)state;
    for (size_t i = 0; i < COUNT(fills); i++) {
        seen_t seen = {0, CHAT_LOG_DEBUG, 0, ""};
        chat_log_t log = {keep, &seen, CHAT_LOG_INFO};
        char text[5000];
        memset(text, fills[i], sizeof(text) - 1);
        text[sizeof(text) - 1] = '\0';
        chat_log(&log, CHAT_LOG_ERROR, 1, APR_SUCCESS, "%s", text);
        assert_in_range(strlen(seen.text), 996, 1000);
    }
}

static void levels_are_kept(void **state)
{
    static const struct {
        chat_log_level_t limit, level;
        int lines;
    } table[] = {
        {CHAT_LOG_ERROR, CHAT_LOG_ERROR, 1}, {CHAT_LOG_ERROR, CHAT_LOG_WARNING, 0},
        {CHAT_LOG_INFO, CHAT_LOG_INFO, 1},   {CHAT_LOG_INFO, CHAT_LOG_DEBUG, 0},
        {CHAT_LOG_DEBUG, CHAT_LOG_DEBUG, 1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        seen_t seen = {0, CHAT_LOG_DEBUG, 0, ""};
        chat_log_t log = {keep, &seen, table[i].limit};
        chat_log(&log, table[i].level, 1, APR_SUCCESS, "x");
        assert_int_equal(seen.lines, table[i].lines);
    }
}

static void nobody_listens(void **state)
{
    chat_log_t log = {NULL, NULL, CHAT_LOG_DEBUG};
    (void)state;
    chat_log(&log, CHAT_LOG_ERROR, 1, APR_SUCCESS, "x");
    chat_log(NULL, CHAT_LOG_ERROR, 1, APR_SUCCESS, "x");
}

static void due(void **state)
{
    apr_int64_t minute = 0;
    const apr_time_t noon = apr_time_from_sec(43200);
    (void)state;
    assert_true(chat_log_due(&minute, noon));
    assert_false(chat_log_due(&minute, noon));
    assert_false(chat_log_due(&minute, noon + apr_time_from_sec(59)));
    assert_true(chat_log_due(&minute, noon + apr_time_from_sec(60)));
    assert_false(chat_log_due(&minute, noon + apr_time_from_sec(60)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_escaped),
        cmocka_unit_test(long_lines_are_cut),
        cmocka_unit_test(levels_are_kept),
        cmocka_unit_test(nobody_listens),
        cmocka_unit_test(due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
