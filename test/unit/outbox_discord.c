/* SPDX-License-Identifier: Apache-2.0 */
/* What is written to Discord, what its answers mean, when the next attempt comes. */
#include "base/address.h"
#include "core/discord_out.h"
#include "outbox/discord_wire.h"
#include "unit.h"

static chat_verdict_t judge(apr_pool_t *pool, long status, const char *body, int again)
{
    chat_http_answer_t a = {.reached = 1, .status = status, .body = body};
    chat_verdict_t v;
    a.len = strlen(body);
    a.retry_after = a.reset_after = a.remaining = -1;
    chat_discord_judge(&v, &a, again, pool);
    return v;
}

static void bodies(void **state)
{
    apr_pool_t *pool = *state;
    char nonce[CHAT_NONCE_SIZE], other[CHAT_NONCE_SIZE];
    chat_secret_t secret = {{1}};
    assert_string_equal(
        chat_discord_webhook_body("a \"b\" @everyone", "ann", pool),
        "{\"content\":\"a \\\"b\\\" @everyone\",\"allowed_mentions\":{\"parse\":[]},"
        "\"username\":\"ann\"}");
    assert_string_equal(chat_discord_webhook_body("a", NULL, pool),
                        "{\"content\":\"a\",\"allowed_mentions\":{\"parse\":[]}}");
    assert_string_equal(chat_discord_message_body("a", "n", pool),
                        "{\"content\":\"a\",\"allowed_mentions\":{\"parse\":[]},"
                        "\"nonce\":\"n\",\"enforce_nonce\":true}");
    assert_string_equal(chat_discord_dm_body("41", pool), "{\"recipient_id\":\"41\"}");
    assert_string_equal(chat_discord_webhook_url("https://d/x", pool),
                        "https://d/x?wait=true");
    assert_string_equal(chat_discord_webhook_url("https://d/x?thread_id=1", pool),
                        "https://d/x?thread_id=1&wait=true");
    chat_discord_nonce(nonce, &secret, 1);
    chat_discord_nonce(other, &secret, 1);
    assert_string_equal(nonce, other);
    assert_int_equal(strlen(nonce), CHAT_NONCE_SIZE - 1);
    chat_discord_nonce(other, &secret, 2);
    assert_string_not_equal(nonce, other);
}

static void statuses(void **state)
{
    static const struct {
        long status;
        const char *body;
        int again;
        chat_outcome_t outcome;
    } cases[] = {
        {200, "{\"id\":\"123\"}", 1, CHAT_OUTCOME_DELIVERED},
        {200, "{\"id\":\"123\"}", 0, CHAT_OUTCOME_DELIVERED},
        {204, "", 0, CHAT_OUTCOME_DELIVERED},
        {200, "", 1, CHAT_OUTCOME_FAILED},
        {200, "{\"id\":\"1", 1, CHAT_OUTCOME_FAILED},
        {200, "{\"id\":\"../1\"}", 1, CHAT_OUTCOME_FAILED},
        {200, "{\"id\":\"\"}", 1, CHAT_OUTCOME_FAILED},
        {200, "{\"id\":7}", 1, CHAT_OUTCOME_FAILED},
        {200, "[]", 1, CHAT_OUTCOME_FAILED},
        {301, "", 1, CHAT_OUTCOME_REFUSED},
        {400, "{}", 1, CHAT_OUTCOME_REFUSED},
        {401, "{}", 1, CHAT_OUTCOME_REFUSED},
        {404, "<html>", 1, CHAT_OUTCOME_REFUSED},
        {408, "", 1, CHAT_OUTCOME_FAILED},
        {429, "", 1, CHAT_OUTCOME_HELD},
        {500, "", 1, CHAT_OUTCOME_FAILED},
        {503, "", 0, CHAT_OUTCOME_FAILED},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        chat_verdict_t v = judge(*state, cases[i].status, cases[i].body, cases[i].again);
        if (v.outcome != cases[i].outcome)
            fail_msg("%ld %s: %d", cases[i].status, cases[i].body, (int)v.outcome);
        assert_true(v.reason || v.outcome == CHAT_OUTCOME_DELIVERED);
    }
    assert_string_equal(
        judge(*state, 403, "{\"message\":\"No\\u0007\",\"code\":5}", 1).reason,
        "Discord answered 403: No? (5)");
    assert_true(judge(*state, 401, "{}", 1).unauthorized);
}

static void limits(void **state)
{
    apr_pool_t *pool = *state;
    chat_http_answer_t a = {.status = 429, .body = "", .retry_after = 2};
    chat_verdict_t v = judge(pool, 429, "{\"retry_after\":0.5,\"global\":false}", 1);
    assert_int_equal(v.wait, 501000);
    assert_false(v.everywhere);
    assert_true(judge(pool, 429, "{\"retry_after\":1,\"global\":true}", 1).everywhere);
    assert_int_equal(judge(pool, 429, "{\"retry_after\":1e9}", 1).wait, 3600001000);
    assert_int_equal(judge(pool, 429, "{\"retry_after\":-1}", 1).wait, 5001000);
    assert_int_equal(judge(pool, 429, "{\"retry_after\":\"x\"}", 1).wait, 5001000);
    a.reset_after = a.remaining = -1;
    chat_discord_judge(&v, &a, 1, pool);
    assert_int_equal(v.wait, 2001000); /* not Discord's own words: about our address */
    assert_true(v.everywhere);
    a = (chat_http_answer_t){.status = 204, .body = "", .retry_after = -1};
    a.reset_after = 1.5;
    chat_discord_judge(&v, &a, 0, pool);
    assert_true(v.bucket_empty);
    assert_int_equal(v.bucket_wait, 1501000);
    a.remaining = 1;
    chat_discord_judge(&v, &a, 0, pool);
    assert_false(v.bucket_empty);
}

static void no_answer(void **state)
{
    chat_http_answer_t a = {.error = "it broke"};
    chat_verdict_t v;
    chat_discord_judge(&v, &a, 1, *state);
    assert_string_equal(v.reason, "not reached: it broke");
    assert_int_equal(v.outcome, CHAT_OUTCOME_FAILED);
    a.reached = 1;
    chat_discord_judge(&v, &a, 1, *state);
    assert_string_equal(v.reason, "incomplete answer: it broke");
}

static void backoff(void **state)
{
    (void)state;
    for (int attempt = 0; attempt < 400; attempt++) {
        apr_interval_time_t low = chat_worker_backoff(attempt, 0);
        apr_interval_time_t high = chat_worker_backoff(attempt, 1023);
        assert_true(low >= apr_time_from_msec(500) && low <= apr_time_from_sec(150));
        assert_true(high == 2 * low && high <= apr_time_from_sec(300));
        assert_true(chat_worker_backoff(attempt, 4000000000u) <= high);
    }
    assert_int_equal(chat_worker_backoff(4, 1023), apr_time_from_sec(8));
}

static void addresses(void **state)
{
    static const struct {
        const char *url;
        int good;
    } cases[] = {
        {"https://discord.com/api", 1},
        {"https://discord.com:443/api?x=1", 1},
        {"HTTPS://discord.com", 1},
        {"http://127.0.0.1:8080/x", 1},
        {"http://localhost/x", 1},
        {"http://[::1]:9/x", 1},
        {"http://discord.com/", 0},
        {"http://127.0.0.1.evil.org/", 0},
        {"http://localhost.evil.org", 0},
        {"http://127.0.0.1@evil.org/", 0},
        {"https://a@b.org/", 0},
        {"https:///x", 0},
        {"https://", 0},
        {"https://:1/", 0},
        {"https://a.org/#x", 0},
        {"https://a.org/ x", 0},
        {"https://a.org/\xc3\xa9", 0},
        {"ftp://a.org", 0},
        {"//a.org", 0},
        {"", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (chat_address_valid(cases[i].url) != cases[i].good)
            fail_msg("%s", cases[i].url);
    }
}

static void names(void **state)
{
    static const char *const breaks[] = {"\n", "\r\n", "\v", "\xe2\x80\xa8"};
    apr_pool_t *pool = *state;
    chat_text_t text = {.text = "hi", .len = 2};
    assert_string_equal(chat_discord_out_content("ann", &text, 1, pool), "hi");
    assert_string_equal(chat_discord_out_content("a_n.n-", &text, 0, pool),
                        "**a\\_n.n\\-**: hi");
    assert_null(chat_discord_out_username("Discordia"));
    assert_null(chat_discord_out_username("xCLYDEx"));
    assert_null(chat_discord_out_username("Everyone"));
    assert_null(chat_discord_out_username(NULL));
    assert_string_equal(chat_discord_out_content("here", &text, 1, pool), "**here**: hi");
    /* no line of the text can look like another person's message */
    for (apr_size_t i = 0; i < COUNT(breaks); i++) {
        chat_text_t lines = {
            .text = apr_pstrcat(pool, "hi", breaks[i], "**bob**: hey", NULL)};
        assert_string_equal(chat_discord_out_content("ann", &lines, 0, pool),
                            apr_pstrcat(pool, "**ann**:\n>>> ", lines.text, NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(bodies),  POOL_TEST(statuses),  POOL_TEST(limits), POOL_TEST(no_answer),
        POOL_TEST(backoff), POOL_TEST(addresses), POOL_TEST(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
