/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of direct messages against a plain list of what should be in them. */
#include "store.h"
#include "store/stream.h"

#define MESSAGES 300

/* What ann's stream should have, oldest first. */
typedef struct model_t {
    apr_int64_t id[MESSAGES];
    apr_time_t created[MESSAGES];
    int by_other[MESSAGES], gone[MESSAGES], thread[MESSAGES];
    int n;
} model_t;

static apr_int64_t say(chat_tx_t *tx, model_t *k, apr_int64_t author, apr_int64_t parent,
                       const apr_int64_t to[2])
{
    chat_message_t m = {.kind = CHAT_MESSAGE_TEXT, .author_name = "ann", .body = "b"};
    apr_int64_t number;
    OK(chat_tx_number(&number, &m.created, tx, 1));
    m.id = CHAT_ROW_ID(1, number);
    m.author = author;
    m.parent = parent;
    m.body_len = 1;
    m.recipients = "x";
    OK(chat_message_insert(tx, &m));
    OK(chat_recipient_insert(tx, to[0], to[1], &m));
    OK(chat_recipient_insert(tx, to[1], to[0], &m));
    if (parent)
        OK(chat_reply_add(tx, &m));
    k->id[k->n] = m.id;
    k->created[k->n] = m.created;
    k->by_other[k->n] = author != to[0];
    k->thread[k->n] = !parent;
    k->n++;
    return m.id;
}

static void erase(chat_tx_t *tx, model_t *k, int i)
{
    OK(chat_message_set_deleted(tx, k->id[i], 1));
    OK(chat_recipient_delete(tx, k->id[i]));
    k->gone[i] = 1;
}

static void check_page(chat_tx_t *tx, const model_t *k, apr_int64_t ann, int skip,
                       apr_pool_t *pool)
{
    chat_messages_t got;
    int left = skip, at = 0;
    OK(chat_stream_page(&got, tx, ann, skip, 21, pool));
    for (int i = k->n - 1; i >= 0 && at < 21; i--) {
        if (k->gone[i] || left-- > 0)
            continue;
        assert_true(at < got.n);
        assert_true(got.list[at++].id == k->id[i]);
    }
    assert_int_equal(got.n, at);
}

static void check_since(chat_tx_t *tx, const model_t *k, apr_int64_t ann, apr_time_t time,
                        apr_pool_t *pool)
{
    chat_messages_t got;
    apr_int64_t count, want = 0;
    int all = 0;
    OK(chat_stream_since(&got, &count, tx, ann, time, 1000, pool));
    for (int i = 0; i < k->n; i++) {
        if (k->gone[i] || k->created[i] <= time)
            continue;
        all++;
        want += k->by_other[i];
    }
    assert_true(count == want);
    assert_int_equal(got.n, all);
}

static void check_all(chat_tx_t *tx, const model_t *k, apr_int64_t ann, apr_pool_t *pool)
{
    for (int skip = 0; skip <= k->n + 20; skip += 20)
        check_page(tx, k, ann, skip, pool);
    check_since(tx, k, ann, 0, pool);
    for (int i = 0; i < k->n; i += 17) {
        check_since(tx, k, ann, k->created[i], pool);
        check_since(tx, k, ann, k->created[i] - 1, pool);
    }
}

static void like_a_list(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    apr_int64_t to[2] = {new_account(tx, "ann", f->pool),
                         new_account(tx, "ben", f->pool)};
    model_t *k = apr_pcalloc(f->pool, sizeof(*k));
    unsigned dice = 1;
    check_all(tx, k, to[0], f->pool);
    while (k->n < MESSAGES) {
        dice = dice * 1103515245 + 12345;
        say(tx, k, to[dice >> 16 & 1], 0, to);
        if (dice >> 20 & 1)
            erase(tx, k, k->n - 1); /* the newest: its place is not taken again */
        if (k->n % 50 == 0)
            check_all(tx, k, to[0], f->pool);
    }
    for (int i = 40; i < 200; i++) {
        if (!k->gone[i])
            erase(tx, k, i);
    }
    check_all(tx, k, to[0], f->pool);
    /* what is past its time goes away at the lower end */
    for (int i = 0; i < 30; i++) {
        if (!k->gone[i])
            OK(chat_sql_do(NULL, tx, CHAT_SQL_recipient_delete, "i", k->id[i]));
        k->gone[i] = 1;
    }
    OK(chat_sql_do(NULL, tx, CHAT_SQL_message_clean_gaps, "ii", CHAT_ROW_ID(1, 0),
                   k->id[29]));
    check_all(tx, k, to[0], f->pool);
    undo(f);
}

static void expect(const chat_messages_t *got, const apr_int64_t *ids, int n)
{
    assert_int_equal(got->n, n);
    for (int i = 0; i < n; i++)
        assert_true(got->list[i].id == ids[i]);
}

static void threads_and_replies(void **state)
{
    fixture_t *f = fixture(state);
    chat_tx_t *tx = begin(f);
    apr_int64_t to[2] = {new_account(tx, "ann", f->pool),
                         new_account(tx, "ben", f->pool)};
    apr_int64_t carl = new_account(tx, "carl", f->pool);
    model_t *k = apr_pcalloc(f->pool, sizeof(*k));
    apr_int64_t a = say(tx, k, to[0], 0, to), b = say(tx, k, to[1], 0, to);
    apr_int64_t r = say(tx, k, to[1], a, to), deep = say(tx, k, to[0], r, to);
    chat_messages_t got;
    chat_message_t m;
    OK(chat_stream_threads(&got, tx, to[0], 0, 20, f->pool));
    expect(&got, (apr_int64_t[]){a, b}, 2);
    assert_int_equal(got.list[0].replies, 1);
    assert_true(got.list[0].last_id == r);
    assert_int_equal(got.list[1].replies, 0);
    assert_true(got.list[1].last_id == b);
    OK(chat_stream_threads(&got, tx, to[0], 1, 20, f->pool));
    expect(&got, (apr_int64_t[]){b}, 1);
    OK(chat_stream_threads(&got, tx, to[0], 2, 20, f->pool));
    assert_int_equal(got.n, 0);
    OK(chat_stream_replies(&got, tx, to[1], a, 20, f->pool));
    expect(&got, (apr_int64_t[]){r}, 1);
    OK(chat_stream_replies(&got, tx, to[1], r, 20, f->pool));
    expect(&got, (apr_int64_t[]){deep}, 1);
    OK(chat_stream_replies(&got, tx, carl, a, 20, f->pool));
    assert_int_equal(got.n, 0);
    IS(chat_stream_one(&m, tx, carl, a, f->pool), CHAT_NOTFOUND);
    OK(chat_stream_one(&m, tx, to[1], a, f->pool));
    assert_int_equal(m.replies, 1);
    OK(chat_reply_remove(tx, a));
    OK(chat_stream_one(&m, tx, to[1], a, f->pool));
    assert_int_equal(m.replies, 0);
    undo(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(like_a_list),
        ON_BOTH(threads_and_replies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
