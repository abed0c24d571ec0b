/* SPDX-License-Identifier: Apache-2.0 */
/* How long sessions are kept, over sections and hosts. */
#include "httpd/config/config.h"
#include "unit.h"

module AP_MODULE_DECLARE_DATA chat_module;

static void longer_spans(void **state)
{
    static const struct {
        apr_int64_t a, b, longer;
    } cases[] = {
        {CHAT_UNSET, CHAT_UNSET, CHAT_UNSET},
        {60, 3600, 3600},
        {60, CHAT_UNSET, 60},
        {0, 3600, 0}, /* without end */
        {0, CHAT_UNSET, 0},
        {0, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(chat_span_longer(cases[i].a, cases[i].b), cases[i].longer);
        assert_int_equal(chat_span_longer(cases[i].b, cases[i].a), cases[i].longer);
    }
}

/* Sections of the main server apply to its hosts: the longer one counts, whoever has it.
 */
static void merged_sections(void **state)
{
    apr_pool_t *pool = *state;
    chat_server_conf_t *base = chat_config_server_create(pool, NULL);
    chat_server_conf_t *host = chat_config_server_create(pool, NULL);
    chat_server_conf_t *out = chat_config_server_merge(pool, base, host);
    assert_int_equal(out->longest_session, CHAT_UNSET);
    base->longest_session = 7200;
    host->longest_session = 60;
    out = chat_config_server_merge(pool, base, host);
    assert_int_equal(out->longest_session, 7200);
    host->longest_session = 0;
    out = chat_config_server_merge(pool, base, host);
    assert_int_equal(out->longest_session, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {POOL_TEST(longer_spans),
                                       POOL_TEST(merged_sections)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
