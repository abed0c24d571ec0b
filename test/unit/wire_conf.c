/* SPDX-License-Identifier: Apache-2.0 */
/* chatd.conf: chatd reads what httpd writes. */
#include "base/status.h"
#include "unit.h"
#include "wire/conf.h"

static apr_array_header_t *list(apr_pool_t *pool, const char *first, const char *second)
{
    apr_array_header_t *out = apr_array_make(pool, 2, sizeof(const char *));
    if (first)
        APR_ARRAY_PUSH(out, const char *) = first;
    if (second)
        APR_ARRAY_PUSH(out, const char *) = second;
    return out;
}

static void same_text(const char *a, const char *b)
{
    if (a && b)
        assert_string_equal(a, b);
    else
        assert_ptr_equal(a, b);
}

static void same_list(const apr_array_header_t *a, const apr_array_header_t *b)
{
    assert_non_null(b);
    assert_int_equal(a ? a->nelts : 0, b->nelts);
    for (int i = 0; a && i < a->nelts; i++)
        assert_string_equal(APR_ARRAY_IDX(a, i, const char *),
                            APR_ARRAY_IDX(b, i, const char *));
}

static void same_site(const chat_wire_site_t *a, const chat_wire_site_t *b)
{
    same_text(a->name, b->name);
    same_text(a->driver, b->driver);
    same_text(a->params, b->params);
    same_text(a->secret, b->secret);
    same_text(a->path, b->path);
    assert_true(a->room == b->room);
    assert_true(a->ping_interval == b->ping_interval);
    assert_true(a->ping_timeout == b->ping_timeout);
    same_list(a->origins, b->origins);
    same_list(a->mail, b->mail);
    same_text(a->mail_templates, b->mail_templates);
    same_text(a->discord_api, b->discord_api);
    same_text(a->discord_webhook, b->discord_webhook);
    same_text(a->discord_token, b->discord_token);
}

static const chat_wire_site_t smallest = {
    .name = "",
    .driver = "sqlite3",
    .params = "",
    .secret = "/s",
    .path = CHAT_WIRE_NO_PATH,
    .room = 1,
    .ping_interval = 1,
    .ping_timeout = 1,
};

static void every_value_comes_back(void **state)
{
    chat_wire_site_t all = {
        .name = "a.example",
        .driver = "pgsql",
        .params = " host=db user=#1  password='site x' ",
        .secret = "/etc/chat secret",
        .path = "/rt/",
        .room = APR_INT64_MAX,
        .ping_interval = 3600000,
        .ping_timeout = 3600000,
        .origins = list(*state, "https://b.example", "*"),
        .mail = list(*state, "/bin/my mail", "# -t"),
        .mail_templates = "/etc/mails",
        .discord_api = "",
        .discord_webhook = "/w",
        .discord_token = "/t\t",
    };
    chat_wire_conf_t conf, read;
    const char *why, *text;
    for (int level = CHAT_LOG_ERROR; level <= CHAT_LOG_DEBUG; level++) {
        chat_wire_conf_init(&conf, *state);
        conf.level = (chat_log_level_t)level;
        APR_ARRAY_PUSH(conf.sites, chat_wire_site_t) = all;
        APR_ARRAY_PUSH(conf.sites, chat_wire_site_t) = smallest;
        text = chat_wire_conf_write(&conf, *state);
        assert_non_null(text);
        assert_int_equal(chat_wire_conf_read(&read, &why, text, *state), APR_SUCCESS);
        assert_int_equal(read.level, level);
        assert_int_equal(read.sites->nelts, 2);
        same_site(&all, &APR_ARRAY_IDX(read.sites, 0, chat_wire_site_t));
        same_site(&smallest, &APR_ARRAY_IDX(read.sites, 1, chat_wire_site_t));
    }
}

static void a_value_cannot_begin_a_word(void **state)
{
    static const apr_size_t members[] = {APR_OFFSETOF(chat_wire_site_t, name),
                                         APR_OFFSETOF(chat_wire_site_t, params),
                                         APR_OFFSETOF(chat_wire_site_t, discord_token)};
    for (size_t i = 0; i < COUNT(members); i++) {
        chat_wire_conf_t conf;
        chat_wire_site_t site = smallest;
        *(const char **)((char *)&site + members[i]) = "x\nroom 2";
        chat_wire_conf_init(&conf, *state);
        APR_ARRAY_PUSH(conf.sites, chat_wire_site_t) = site;
        assert_null(chat_wire_conf_write(&conf, *state));
    }
}

#define SITE                                                                           \
    "driver sqlite3\nparams /db\nsecret /s\npath /rt/\nping-interval 1\nping-timeout " \
    "1\n"

static void mistakes_are_named(void **state)
{
    static const struct {
        const char *text, *why;
    } table[] = {
        {"log loud\n", "log: error, warn, notice, info or debug"},
        {"room 1\n", "room: before the first site"},
        {"site a\n" SITE "room 0\n", "room: a number from 1 to 9223372036854775807"},
        {"site a\n" SITE "room 99999999999999999999\n",
         "room: a number from 1 to 9223372036854775807"},
        {"site a\nping-interval 0\n", "ping-interval: a number from 1 to 3600000"},
        {"site a\nping-timeout 3600001\n", "ping-timeout: a number from 1 to 3600000"},
        {"site a\nping-timeout\n", "ping-timeout: a number from 1 to 3600000"},
        {"site a\npong 1\n", "pong: unknown word"},
        {"site a\n" SITE, "a: room is missing"},
        {"site a\nroom 1\n", "a: driver is missing"},
    };
    chat_wire_conf_t conf;
    const char *why;
    for (size_t i = 0; i < COUNT(table); i++) {
        assert_int_equal(chat_wire_conf_read(&conf, &why, table[i].text, *state),
                         CHAT_MALFORMED);
        assert_string_equal(why, table[i].why);
    }
    assert_int_equal(chat_wire_conf_read(&conf, &why, "# none\n\n", *state), APR_SUCCESS);
    assert_int_equal(conf.sites->nelts, 0);
    assert_int_equal(conf.level, CHAT_LOG_NOTICE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(every_value_comes_back),
        POOL_TEST(a_value_cannot_begin_a_word),
        POOL_TEST(mistakes_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
