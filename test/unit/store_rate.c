/* SPDX-License-Identifier: Apache-2.0 */
/* Rates that machines count together, on PostgreSQL. */
#include "store.h"
#include "store/rate.h"

#define PART (APR_INT64_C(3600) * APR_USEC_PER_SEC / 59 + 1) /* of an hour */

typedef struct rated_t {
    fixture_t *f;
    chat_rate_t rate;
    apr_int64_t wait;
    int taken;
} rated_t;

static apr_status_t take(chat_tx_t *tx, void *baton)
{
    rated_t *r = baton;
    apr_status_t rv = chat_rate_take(&r->wait, tx, &r->rate);
    return rv == APR_SUCCESS && r->wait ? CHAT_REFUSED : rv;
}

static int taken(fixture_t *f, const chat_rate_t *rate)
{
    rated_t r = {.f = f, .rate = *rate};
    apr_status_t rv = chat_store_write(f->store, take, &r);
    if (rv != CHAT_REFUSED)
        OK(rv);
    return rv == APR_SUCCESS;
}

static apr_int64_t ask_rate(fixture_t *f, const chat_rate_t *rate)
{
    apr_int64_t wait;
    OK(chat_rate_ask(&wait, begin(f), rate));
    commit(f);
    return wait;
}

static void rates(void **state)
{
    fixture_t *f = fixture(state);
    const chat_rate_t hour = {-7, PART, 3, 1}, other = {8, PART, 3, 1};
    const chat_rate_t heavy = {9, PART, 5, 3}, brief = {10, APR_USEC_PER_SEC / 60, 2, 1};
    apr_time_t began;
    assert_int_equal(ask_rate(f, &hour), 0);
    for (int i = 0; i < 3; i++)
        assert_true(taken(f, &hour));
    assert_false(taken(f, &hour));
    assert_in_range(ask_rate(f, &hour), 3540, 3662);
    assert_true(taken(f, &other));
    OK(chat_rate_return(begin(f), &hour));
    commit(f);
    assert_int_equal(ask_rate(f, &hour), 0);
    assert_true(taken(f, &hour));
    assert_false(taken(f, &hour));
    OK(chat_rate_clear(begin(f), &hour));
    commit(f);
    assert_true(taken(f, &hour));
    for (int i = 0; i < 2; i++) { /* a second return finds nothing */
        OK(chat_rate_return(begin(f), &hour));
        commit(f);
    }
    for (int i = 0; i < 3; i++)
        assert_true(taken(f, &hour));
    assert_false(taken(f, &hour));
    assert_true(taken(f, &heavy));
    assert_false(taken(f, &heavy));

    began = apr_time_now();
    assert_true(taken(f, &brief) && taken(f, &brief));
    while (!taken(f, &brief))
        apr_sleep(1000);
    assert_true(apr_time_now() - began >= APR_USEC_PER_SEC * 59 / 60);
}

static void *take_many(void *data)
{
    rated_t *r = data;
    for (int i = 0; i < 100; i++)
        r->taken += taken(r->f, &r->rate);
    return NULL;
}

static void rates_are_exact(void **state)
{
    fixture_t *f = fixture(state);
    rated_t jobs[4];
    pthread_t threads[COUNT(jobs)];
    int sum = 0;
    for (size_t i = 0; i < COUNT(jobs); i++) {
        jobs[i] = (rated_t){.f = f, .rate = {1, PART, 150, 1}};
        assert_int_equal(pthread_create(&threads[i], NULL, take_many, &jobs[i]), 0);
    }
    for (size_t i = 0; i < COUNT(jobs); i++) {
        pthread_join(threads[i], NULL);
        sum += jobs[i].taken;
    }
    assert_int_equal(sum, 150);
}

static void tell_rates(fixture_t *f, apr_int64_t node, chat_rate_told_t *rows, int n)
{
    OK(chat_rate_tell(begin(f), node, rows, n, f->pool));
    commit(f);
}

static int hear(fixture_t *f, chat_rate_heard_t *heard)
{
    OK(chat_rate_hear(heard, begin(f), f->pool));
    commit(f);
    return heard->n;
}

static void rates_are_told(void **state)
{
    fixture_t *f = fixture(state);
    chat_rate_told_t rows[] = {{-7, PART, 600, {3, 0, 1}}, {8, PART, 600, {1}}};
    chat_rate_heard_t one = {.node = 1}, two = {.node = -2}, three = {.node = 3};
    assert_int_equal(hear(f, &one), 0);
    tell_rates(f, 1, rows, 2);
    assert_int_equal(hear(f, &one), 0); /* its own */
    assert_int_equal(hear(f, &two), 2);
    rows[0].part[59] = 9;
    tell_rates(f, -2, rows, 1);
    assert_int_equal(hear(f, &three), 2);
    assert_int_equal(three.rows[0].key, -7);
    assert_int_equal(three.rows[0].length, PART);
    assert_int_equal(three.rows[0].count, 600);
    assert_int_equal(three.rows[0].part[0], 6); /* the newest two are one */
    assert_int_equal(three.rows[0].part[1], 2);
    assert_int_equal(three.rows[0].part[58], 9);
    assert_int_equal(three.rows[1].part[0], 1);
    assert_int_equal(hear(f, &one), 1);
    assert_int_equal(one.rows[0].part[0], 3);

    /* what was told long ago has moved on, and is heard again only with news */
    tell(f, apr_psprintf(f->pool,
                         "UPDATE rate_told SET told_at = told_at - %" APR_INT64_T_FMT,
                         40 * PART));
    assert_int_equal(hear(f, &three), 0);
    tell_rates(f, 1, rows, 1);
    assert_int_equal(hear(f, &three), 1);
    assert_int_equal(three.rows[0].part[39], 3);
    assert_int_equal(three.rows[0].part[41], 1);
    assert_int_equal(three.rows[0].part[0], 3);
    tell(f, apr_psprintf(f->pool,
                         "UPDATE rate_told SET told_at = told_at - %" APR_INT64_T_FMT
                         " WHERE node = -2",
                         21 * PART));
    tell_rates(f, 1, rows, 1);
    assert_int_equal(hear(f, &three), 1);
    assert_int_equal(three.rows[0].part[39], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_PGSQL(rates),
        ON_PGSQL(rates_are_exact),
        ON_PGSQL(rates_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
