/* SPDX-License-Identifier: Apache-2.0 */
/* Limits: never more than a rule allows in any window, and what happens when there is no
 * room. */
#include "base/address.h"
#include "core/limit.h"
#include "unit.h"

#define SECOND ((apr_time_t)APR_USEC_PER_SEC)
#define START (1700000000 * SECOND)

static const chat_rule_t hour = {600, 3600, 1};

static chat_limits_t *table(apr_size_t entries, apr_pool_t *pool)
{
    apr_size_t size = chat_limits_size(entries);
    return chat_limits_create(apr_palloc(pool, size), size, 1, NULL, pool);
}

static int take(chat_limits_t *l, apr_uint64_t key, const chat_rule_t *rule,
                apr_time_t now)
{
    apr_int64_t wait = 0;
    int taken = chat_limit_take(l, key, rule, now, &wait);
    if (taken)
        assert_int_equal(wait, 0);
    else
        assert_in_range(wait, 1, rule->seconds + rule->seconds / 59 + 2);
    return taken;
}

static void counts_and_refuses(void **state)
{
    chat_limits_t *l = table(64, *state);
    for (int i = 0; i < 600; i++)
        assert_true(take(l, 7, &hour, START));
    assert_false(take(l, 7, &hour, START));
    assert_true(take(l, 8, &hour, START)); /* another key */
    /* what was refused does not count: all room comes back together */
    for (int i = 0; i < 5000; i++)
        assert_false(take(l, 7, &hour, START + i * (SECOND / 2)));
    for (int i = 0; i < 600; i++)
        assert_true(take(l, 7, &hour, START + 3663 * SECOND));
    assert_false(take(l, 7, &hour, START + 3663 * SECOND));
}

/* Just before the window's end there is never room, wherever its parts begin. */
static void holds_to_the_last_microsecond(void **state)
{
    static const chat_rule_t rules[] = {
        {1, 3600, 1}, {1, 1, 1}, {1, 7, 1}, {1, 59, 1}, {1, 86400, 1}};
    chat_limits_t *l = table(64, *state);
    for (size_t r = 0; r < COUNT(rules); r++) {
        apr_time_t window = rules[r].seconds * SECOND;
        for (int i = 0; i < 20000; i++) {
            apr_time_t now = START + (apr_time_t)i * 12345678901;
            chat_limit_clear(l, 3, &rules[r]);
            assert_true(take(l, 3, &rules[r], now));
            assert_false(take(l, 3, &rules[r], now + window - 1));
            assert_true(take(l, 3, &rules[r], now + window + window / 59 + SECOND));
        }
    }
}

static apr_uint64_t next_random(apr_uint64_t *seed)
{
    *seed = *seed * APR_UINT64_C(6364136223846793005) + APR_UINT64_C(1442695040888963407);
    return *seed >> 33;
}

/* Against the plain list of what was accepted. */
static void any_window_holds(void **state)
{
    static const chat_rule_t rule = {20, 100, 1};
    chat_limits_t *l = table(64, *state);
    apr_time_t accepted[20000], now = START;
    apr_uint64_t seed = 42;
    int n = 0, refused = 0;
    for (int i = 0; i < 20000; i++) {
        now += next_random(&seed) % (i / 2000 % 2 ? 8 * SECOND : SECOND);
        if (!take(l, 5, &rule, now)) {
            refused++;
            /* and nobody is refused for nothing: the parts make it two windows' 1/59 */
            assert_true(n >= 20);
            assert_true(accepted[n - 20] > now - 100 * SECOND - 100 * SECOND / 59 - 1);
            continue;
        }
        accepted[n++] = now;
        if (n > 20)
            assert_true(accepted[n - 1] - accepted[n - 21] >= 100 * SECOND);
    }
    assert_true(refused > 1000 && n > 1000);
}

static void wait_is_enough(void **state)
{
    static const chat_rule_t rule = {3, 600, 1};
    chat_limits_t *l = table(64, *state);
    for (int i = 0; i < 500; i++) {
        apr_time_t now = START + (apr_time_t)i * 777777777;
        apr_int64_t wait = 0;
        chat_limit_clear(l, 9, &rule);
        for (int k = 0; k < 3; k++)
            assert_true(take(l, 9, &rule, now + k * 17 * SECOND));
        now += 40 * SECOND;
        assert_false(chat_limit_take(l, 9, &rule, now, &wait));
        assert_true(chat_limit_ask(l, 9, &rule, now + wait * SECOND, &wait));
    }
}

static void clock_set_back(void **state)
{
    static const chat_rule_t rule = {2, 60, 1};
    chat_limits_t *l = table(64, *state);
    assert_true(take(l, 4, &rule, START));
    assert_true(take(l, 4, &rule, START - 3000 * SECOND));
    apr_int64_t wait = 0;
    assert_false(chat_limit_ask(l, 4, &rule, START - 6000 * SECOND, &wait));
    assert_false(chat_limit_ask(l, 4, &rule, START + 1, &wait));
    assert_true(take(l, 4, &rule, START + 70 * SECOND));
}

static void gives_back(void **state)
{
    static const chat_rule_t rule = {2, 60, 1};
    chat_limits_t *l = table(64, *state);
    assert_true(take(l, 4, &rule, START));
    assert_true(take(l, 4, &rule, START + SECOND));
    chat_limit_return(l, 4, &rule, START + 2 * SECOND);
    assert_true(take(l, 4, &rule, START + 3 * SECOND));
    assert_false(take(l, 4, &rule, START + 3 * SECOND));
    chat_limit_return(l, 77, &rule, START); /* nobody's */
    chat_limit_clear(l, 4, &rule);
    assert_true(take(l, 4, &rule, START + 3 * SECOND));
}

static void switched_off(void **state)
{
    static const chat_rule_t off = {0, 0, 1};
    chat_limits_t *l = table(8, *state);
    for (int i = 0; i < 1000; i++)
        assert_true(take(l, 1, &off, START));
}

/* After a change of configuration an old count must neither block for ever nor vanish
 * where the window is the same. */
static void rule_changes(void **state)
{
    static const chat_rule_t minute = {5, 60, 1}, more = {10, 60, 1}, day = {5, 86400, 1};
    chat_limits_t *l = table(64, *state);
    for (int i = 0; i < 5; i++)
        assert_true(take(l, 6, &minute, START));
    assert_false(take(l, 6, &minute, START));
    for (int i = 0; i < 5; i++)
        assert_true(take(l, 6, &more, START));
    assert_false(take(l, 6, &more, START));
    assert_true(take(l, 6, &day, START));
    assert_true(take(l, 6, &minute, START + 70 * SECOND));
}

/* What stands in the block goes on with a table made over it, as after a restart. */
static void goes_on(void **state)
{
    apr_size_t size = chat_limits_size(64);
    void *block = apr_palloc(*state, size);
    static const chat_rule_t rule = {2, 60, 1};
    chat_limits_t *l = chat_limits_create(block, size, 1, NULL, *state);
    assert_true(take(l, 4, &rule, START));
    l = chat_limits_create(block, size, 0, NULL, *state);
    assert_true(take(l, 4, &rule, START));
    assert_false(take(l, 4, &rule, START));
    l = chat_limits_create(block, size, 1, NULL, *state);
    assert_true(take(l, 4, &rule, START));
}

/* A full table: whoever is near a limit stays known, however many others come. */
static void full(void **state)
{
    static const chat_rule_t logins = {11, 3600, 1};
    chat_limits_t *l = table(8, *state);
    for (int i = 0; i < 11; i++)
        assert_true(take(l, 1, &logins, START));
    for (int i = 0; i < 590; i++)
        assert_true(take(l, 2, &hour, START));
    for (apr_uint64_t key = 100; key < 5000; key++) {
        for (int i = 0; i < 20; i++)
            assert_true(take(l, key, &hour, START + (apr_time_t)key));
    }
    assert_false(take(l, 1, &logins, START + SECOND));
    for (int i = 0; i < 10; i++)
        assert_true(take(l, 2, &hour, START + SECOND));
    assert_false(take(l, 2, &hour, START + SECOND));
}

/* Whoever has left the window goes first, however much it once did. */
static void full_of_the_past(void **state)
{
    chat_limits_t *l = table(8, *state);
    apr_time_t later = START + 4000 * SECOND;
    for (apr_uint64_t key = 1; key <= 4; key++) {
        for (int i = 0; i < 600; i++)
            assert_true(take(l, key, &hour, START));
    }
    for (apr_uint64_t key = 11; key <= 18; key++)
        assert_true(take(l, key, &hour, later));
    /* all eight new ones are known: each has 599 left */
    for (apr_uint64_t key = 11; key <= 18; key++) {
        for (int i = 0; i < 599; i++)
            assert_true(take(l, key, &hour, later));
        assert_false(take(l, key, &hour, later));
    }
}

static void addresses(void **state)
{
    static const struct {
        const char *address, *counted;
    } cases[] = {
        {"192.0.2.7", "192.0.2.7"},
        {"::ffff:192.0.2.7", "192.0.2.7"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
        {"2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"},
        {"2001:db8:1:3::1", "2001:db8:1:3::/64"},
        {"fe80::1%eth0", "fe80::/64"},
        {"::1", "::/64"},
        {"unix", "unix"},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(chat_limit_address(cases[i].address, *state),
                            cases[i].counted);
}

static void weight_counts(void **state)
{
    static const chat_rule_t rule = {100, 60, 40};
    chat_limits_t *l = table(64, *state);
    assert_true(take(l, 3, &rule, START));
    assert_true(take(l, 3, &rule, START));
    assert_false(take(l, 3, &rule, START));
    chat_limit_return(l, 3, &rule, START);
    assert_true(take(l, 3, &rule, START));
    assert_true(
        take(l, 4, &(chat_rule_t){100, 60, 5000}, START)); /* as much as there is */
    assert_false(take(l, 4, &rule, START));
}

static void networks(void **state)
{
    char out[CHAT_ADDRESS_SIZE];
    (void)state;
    assert_true(chat_address_network(out, "2001:db8:1:2::/64"));
    assert_string_equal(out, "2001:db8:1::/48");
    assert_false(chat_address_network(out, "192.0.2.1"));
}

/* ---- several machines ---- */

#define GROUP 7

/* FROM tells TO, and is told nothing. */
static int tell(chat_limits_t *from, chat_limits_t *to, apr_time_t now)
{
    chat_rate_told_t rows[64];
    int n = chat_limits_tell(rows, COUNT(rows), from, now);
    chat_limits_hear(to, rows, n, now);
    chat_limits_told(from, rows, n);
    return n;
}

static void take_all(chat_limits_t *l, int n, apr_time_t now)
{
    for (int i = 0; i < n; i++)
        assert_true(take(l, 7, &hour, now));
}

static void machines_add_up(void **state)
{
    chat_limits_t *a = chat_limits_joint(table(64, *state), GROUP, *state);
    chat_limits_t *b = chat_limits_joint(table(64, *state), GROUP, *state);
    take_all(a, 400, START);
    take_all(b, 100, START);
    assert_int_equal(tell(a, b, START + SECOND), 1);
    assert_int_equal(tell(b, a, START + SECOND), 1);
    assert_int_equal(tell(a, b, START + SECOND), 0); /* nothing new */
    take_all(a, 60, START + SECOND);
    assert_int_equal(tell(a, b, START + 2 * SECOND), 1);
    take_all(b, 40, START + 2 * SECOND);
    assert_false(take(b, 7, &hour, START + 2 * SECOND));
    take_all(a, 40, START + 2 * SECOND); /* not told yet: as many too many */
    assert_int_equal(tell(b, a, START + 3 * SECOND), 1);
    assert_false(take(a, 7, &hour, START + 3 * SECOND));
    /* what was given back is told, too; all leave the window */
    chat_limit_return(b, 7, &hour, START + 4 * SECOND);
    assert_int_equal(tell(b, a, START + 4 * SECOND), 1);
    assert_int_equal(tell(a, b, START + 4 * SECOND), 1);
    assert_false(take(a, 7, &hour, START + 3599 * SECOND));
    assert_false(take(b, 7, &hour, START + 3599 * SECOND));
    take_all(a, 600, START + 3800 * SECOND);
}

/* Keys with few events are told only when others told of them: most are never near a
 * limit. */
static void few_are_told(void **state)
{
    chat_limits_t *a = chat_limits_joint(table(64, *state), GROUP, *state);
    chat_limits_t *b = chat_limits_joint(table(64, *state), GROUP, *state);
    chat_limits_t *alone = table(64, *state);
    take_all(a, 37, START);
    assert_int_equal(tell(a, b, START), 0);
    take_all(a, 1, START);
    take_all(b, 1, START);
    assert_int_equal(tell(b, a, START), 0);
    assert_int_equal(tell(a, b, START), 1);
    assert_int_equal(tell(b, a, START), 1);
    take_all(alone, 600, START);
    assert_int_equal(tell(chat_limits_joint(alone, GROUP, *state), b, START), 0);
}

/* A flood of keys is told piece by piece, each key once. */
static void many_are_told(void **state)
{
    chat_limits_t *l = chat_limits_joint(table(4096, *state), GROUP, *state);
    static const chat_rule_t rule = {3, 60, 1};
    chat_rate_told_t rows[64];
    int n, all = 0;
    for (apr_uint64_t key = 1; key <= 1000; key++)
        assert_true(take(l, key, &rule, START));
    while ((n = chat_limits_tell(rows, COUNT(rows), l, START))) {
        chat_limits_told(l, rows, n);
        all += n;
    }
    assert_int_equal(all, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        POOL_TEST(counts_and_refuses),
        POOL_TEST(holds_to_the_last_microsecond),
        POOL_TEST(any_window_holds),
        POOL_TEST(wait_is_enough),
        POOL_TEST(clock_set_back),
        POOL_TEST(gives_back),
        POOL_TEST(switched_off),
        POOL_TEST(rule_changes),
        POOL_TEST(goes_on),
        POOL_TEST(full),
        POOL_TEST(full_of_the_past),
        POOL_TEST(addresses),
        POOL_TEST(weight_counts),
        POOL_TEST(networks),
        POOL_TEST(machines_add_up),
        POOL_TEST(few_are_told),
        POOL_TEST(many_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
