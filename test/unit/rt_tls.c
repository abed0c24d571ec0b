/* SPDX-License-Identifier: Apache-2.0 */
/* Streams with handed-over keys: pieces, control messages, ends, and slow readers. */
#include "rt_tls.h"

#include "unit.h"

#define RECORD (CHAT_TLS_RECORD_MAX + 64)

static const uint8_t key_update[] = {24, 0, 0, 1, 0}, key_request[] = {24, 0, 0, 1, 1};
static const uint8_t close_notify[] = {1, 0};

static void say(tls_pair *p, int type, const void *text, size_t len)
{
    static uint8_t record[RECORD];
    size_t n = tls_seal(p, record, type, text, len);
    assert_int_equal(write(p->fd, record, n), n);
    tls_settle(p);
}

/* The next record of the server's; its type, 0: none, -1: the end. */
static int hear(tls_pair *p, uint8_t *record, chat_tls_plain_t *plain)
{
    ssize_t n = recv(p->fd, record, CHAT_TLS_HEAD, MSG_DONTWAIT);
    size_t rest;
    if (n <= 0)
        return n < 0 ? 0 : -1;
    assert_int_equal(n, CHAT_TLS_HEAD);
    rest = chat_tls_size(record) - CHAT_TLS_HEAD;
    for (size_t at = 0; at < rest; at += (size_t)n) {
        n = recv(p->fd, record + CHAT_TLS_HEAD + at, rest - at, MSG_DONTWAIT);
        if (n < 0) {
            n = 0;
            rt_loop_step(p->loop, 0);
        }
    }
    assert_int_equal(chat_tls_open(plain, &p->client, &p->bench->ciphers, record), 0);
    return plain->type;
}

static void hears(tls_pair *p, int type, const void *text, size_t len)
{
    static uint8_t record[RECORD];
    chat_tls_plain_t plain;
    assert_int_equal(hear(p, record, &plain), type);
    assert_int_equal(plain.len, len);
    assert_memory_equal(plain.bytes, text, len);
}

static void hears_alert(tls_pair *p, uint8_t level, uint8_t alert, int reason)
{
    uint8_t record[CHAT_TLS_HEAD];
    hears(p, CHAT_TLS_ALERT, (const uint8_t[]){level, alert}, 2);
    assert_int_equal(hear(p, record, NULL), -1);
    assert_int_equal(p->closed, reason);
}

static void open_pair(tls_pair *p, unsigned which)
{
    chat_tls_keys_t keys = tls_keys(which);
    tls_start_client(p, keys);
    assert_true(tls_open_pair(p, keys, NULL, 0));
    p->echo = 1;
}

static int create(void **state)
{
    tls_pair *p = malloc(sizeof(*p));
    tls_create(p);
    *state = p;
    return 0;
}

static int destroy(void **state)
{
    tls_pair *p = *state;
    rt_loop_destroy(p->loop);
    free(p);
    return 0;
}

/* Three records; the first part as what httpd has read, then the rest. */
static void records_may_be_cut_anywhere(void **state)
{
    tls_pair *p = *state;
    for (unsigned which = 0; which < TLS_PAIRS; which++) {
        chat_tls_keys_t keys = tls_keys(which);
        uint8_t bytes[256];
        size_t len = 0;
        tls_start_client(p, keys);
        len += tls_seal(p, bytes + len, CHAT_TLS_DATA, "one", 3);
        len += tls_seal(p, bytes + len, CHAT_TLS_DATA, "three", 5);
        len += tls_seal(p, bytes + len, CHAT_TLS_DATA, "x", 1);
        for (size_t cut = 0; cut <= len; cut++) {
            assert_true(tls_open_pair(p, keys, bytes, cut));
            assert_int_equal(write(p->fd, bytes + cut, len - cut), len - cut);
            tls_settle(p);
            assert_int_equal(p->got, 9);
            tls_close_pair(p);
        }
        /* one byte at a time */
        assert_true(tls_open_pair(p, keys, NULL, 0));
        for (size_t at = 0; at < len; at++) {
            assert_int_equal(write(p->fd, bytes + at, 1), 1);
            tls_settle(p);
        }
        assert_int_equal(p->got, 9);
        tls_close_pair(p);
        assert_int_equal(p->failures, 0);
    }
}

static void what_comes_is_sent_back(void **state)
{
    tls_pair *p = *state;
    for (unsigned which = 0; which < TLS_PAIRS; which++) {
        open_pair(p, which);
        for (int i = 0; i < 3; i++) {
            say(p, CHAT_TLS_DATA, "hello", 5);
            hears(p, CHAT_TLS_DATA, "hello", 5);
        }
        tls_close_pair(p);
    }
}

static void keys_that_change(void **state)
{
    tls_pair *p = *state;
    for (unsigned which = 3; which < TLS_PAIRS; which++) {
        open_pair(p, which);
        for (int i = 0; i < 3; i++) {
            say(p, CHAT_TLS_HANDSHAKE, key_update, sizeof(key_update));
            chat_tls_update(&p->client, CHAT_TLS_WRITE, p->bench->ciphers.crypto);
        }
        say(p, CHAT_TLS_DATA, "a", 1);
        hears(p, CHAT_TLS_DATA, "a", 1);
        say(p, CHAT_TLS_HANDSHAKE, key_request, sizeof(key_request));
        chat_tls_update(&p->client, CHAT_TLS_WRITE, p->bench->ciphers.crypto);
        hears(p, CHAT_TLS_HANDSHAKE, key_update, sizeof(key_update));
        chat_tls_update(&p->client, CHAT_TLS_READ, p->bench->ciphers.crypto);
        say(p, CHAT_TLS_DATA, "b", 1);
        hears(p, CHAT_TLS_DATA, "b", 1);
        tls_close_pair(p);
    }
}

/* Each ends the connection with the alert. */
static void what_a_client_must_not_send(void **state)
{
    static const struct {
        unsigned which;
        int type;
        const char *text;
        size_t len;
        uint8_t alert;
    } table[] = {
        {3, CHAT_TLS_HANDSHAKE, "\30\0\0\1\2", 5, 47},
        {3, CHAT_TLS_HANDSHAKE, "\30\0\0\1", 4, 10},
        {3, CHAT_TLS_HANDSHAKE, "\1\0\0\1\0", 5, 10},
        {3, CHAT_TLS_ALERT, "\1", 1, 50},
        {0, CHAT_TLS_ALERT, "\1\0\0", 3, 50},
        {3, 20, "\1", 1, 10},
        {0, 20, "\1", 1, 10},
        {2, 24, "\1", 1, 10},
    };
    tls_pair *p = *state;
    for (unsigned i = 0; i < COUNT(table); i++) {
        open_pair(p, table[i].which);
        say(p, table[i].type, table[i].text, table[i].len);
        hears_alert(p, 2, table[i].alert, RT_REASON_PARSE);
        tls_close_pair(p);
    }
}

static void records_without_data_are_counted(void **state)
{
    tls_pair *p = *state;
    open_pair(p, 4);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 32; i++)
            say(p, CHAT_TLS_DATA, "", 0);
        say(p, CHAT_TLS_DATA, "a", 1);
        hears(p, CHAT_TLS_DATA, "a", 1);
    }
    for (int i = 0; i < 33; i++)
        say(p, CHAT_TLS_DATA, "", 0);
    hears_alert(p, 2, 10, RT_REASON_PARSE);
    tls_close_pair(p);
}

static void renegotiation_is_declined_and_the_socket_lives(void **state)
{
    tls_pair *p = *state;
    open_pair(p, 1);
    say(p, CHAT_TLS_HANDSHAKE, "\1\0\0\4....", 8);
    hears(p, CHAT_TLS_ALERT, "\1\144", 2);
    say(p, CHAT_TLS_ALERT, "\1\132", 2); /* a warning */
    say(p, CHAT_TLS_DATA, "a", 1);
    hears(p, CHAT_TLS_DATA, "a", 1);
    tls_close_pair(p);
}

static void the_clients_end(void **state)
{
    tls_pair *p = *state;
    for (unsigned which = 0; which < TLS_PAIRS; which += 3) {
        uint8_t record[CHAT_TLS_HEAD];
        open_pair(p, which);
        say(p, CHAT_TLS_ALERT, close_notify, 2);
        hears_alert(p, 1, 0, RT_REASON_PEER);
        tls_close_pair(p);
        open_pair(p, which);
        say(p, CHAT_TLS_ALERT, "\2\50", 2);
        assert_int_equal(hear(p, record, NULL), -1);
        assert_int_equal(p->closed, RT_REASON_ERROR);
        tls_close_pair(p);
    }
}

/* A stream whose owner has yet to work is closed when it has. */
static void the_clients_end_waits_for_the_owner(void **state)
{
    tls_pair *p = *state;
    open_pair(p, 3);
    p->echo = 0;
    say(p, CHAT_TLS_DATA, "a", 1);
    rt_stream_pause(&p->stream, RT_STREAM_DEAF);
    say(p, CHAT_TLS_ALERT, close_notify, 2);
    assert_int_equal(p->closed, 0);
    rt_stream_pause(&p->stream, 0);
    tls_settle(p);
    hears_alert(p, 1, 0, RT_REASON_PEER);
    tls_close_pair(p);
}

static void our_end_is_announced_behind_the_data(void **state)
{
    tls_pair *p = *state;
    for (unsigned which = 0; which < TLS_PAIRS; which += 3) {
        uint8_t record[CHAT_TLS_HEAD];
        open_pair(p, which);
        rt_stream_write(&p->stream, rt_buf_copy("last", 4));
        rt_stream_finish(&p->stream, RT_REASON_DONE);
        tls_settle(p);
        hears(p, CHAT_TLS_DATA, "last", 4);
        hears(p, CHAT_TLS_ALERT, close_notify, 2);
        assert_int_equal(hear(p, record, NULL), -1);
        assert_int_equal(p->closed, 0);
        close(p->fd);
        tls_settle(p);
        assert_int_equal(p->closed, RT_REASON_DONE);
        p->fd = -1;
    }
}

static void first_records_tell_whether_the_keys_are_right(void **state)
{
    tls_pair *p = *state;
    chat_tls_keys_t keys = tls_keys(4);
    for (unsigned i = 1; i <= 3; i++) {
        open_pair(p, 4);
        p->client.side[CHAT_TLS_WRITE].seq += i;
        say(p, CHAT_TLS_DATA, "a", 1);
        hears_alert(p, 2, 20, RT_REASON_PARSE);
        assert_int_equal(p->failures, i);
        tls_close_pair(p);
    }
    open_pair(p, 4);
    say(p, CHAT_TLS_ALERT, "\2\24", 2);
    assert_int_equal(p->failures, 4);
    tls_close_pair(p);
    open_pair(p, 4);
    say(p, CHAT_TLS_DATA, "a", 1);
    assert_int_equal(p->failures, 0);
    /* a later one is somebody's else's fault */
    p->client.side[CHAT_TLS_WRITE].seq++;
    say(p, CHAT_TLS_DATA, "a", 1);
    assert_int_equal(p->closed, RT_REASON_PARSE);
    assert_int_equal(p->failures, 0);
    tls_close_pair(p);
    keys.suite = CHAT_TLS_SUITES;
    assert_false(tls_open_pair(p, keys, NULL, 0));
}

/* More than the socket takes, while the client reads nothing, in shared buffers of odd
 * sizes; records are no longer than the client wants. */
static void a_slow_reader_gets_everything(void **state)
{
    static uint8_t record[RECORD];
    tls_pair *p = *state;
    for (unsigned which = 0; which < TLS_PAIRS; which++) {
        chat_tls_keys_t keys = tls_keys(which);
        chat_tls_plain_t plain;
        size_t sent = 0, got = 0;
        keys.record_max = which % 2 ? 512 : CHAT_TLS_PLAIN_MAX;
        tls_start_client(p, keys);
        assert_true(tls_open_pair(p, keys, NULL, 0));
        for (size_t n = 1; n < 30000; n += 501) {
            rt_buf *buf = rt_buf_create(n);
            for (size_t i = 0; i < n; i++)
                rt_buf_bytes(buf)[i] = (uint8_t)(sent++ * 7);
            rt_stream_write(&p->stream, buf);
        }
        tls_settle(p);
        while (got < sent) {
            int type = hear(p, record, &plain);
            if (!type)
                tls_settle(p);
            if (type != CHAT_TLS_DATA)
                continue;
            assert_true(plain.len <= keys.record_max);
            for (size_t i = 0; i < plain.len; i++)
                assert_int_equal(plain.bytes[i], (uint8_t)(got++ * 7));
        }
        assert_int_equal(hear(p, record, &plain), 0);
        tls_close_pair(p);
    }
}

static void a_key_that_is_worn_out(void **state)
{
    tls_pair *p = *state;
    for (unsigned which = 0; which < TLS_PAIRS; which++) {
        chat_tls_keys_t keys = tls_keys(which);
        keys.seq[CHAT_TLS_WRITE] = CHAT_TLS_SEALS_MAX - 1;
        tls_start_client(p, keys);
        assert_true(tls_open_pair(p, keys, NULL, 0));
        p->echo = 1;
        say(p, CHAT_TLS_DATA, "a", 1);
        hears(p, CHAT_TLS_DATA, "a", 1);
        say(p, CHAT_TLS_DATA, "b", 1);
        if (keys.version == CHAT_TLS_1_3) {
            hears(p, CHAT_TLS_HANDSHAKE, key_update, sizeof(key_update));
            chat_tls_update(&p->client, CHAT_TLS_READ, p->bench->ciphers.crypto);
        }
        if (keys.version == CHAT_TLS_1_3 || keys.suite == CHAT_TLS_CHACHA20)
            hears(p, CHAT_TLS_DATA, "b", 1);
        else
            hears_alert(p, 1, 0, RT_REASON_LIMIT);
        tls_close_pair(p);
    }
}

#define TLS_TEST(f) cmocka_unit_test_setup_teardown(f, create, destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TLS_TEST(records_may_be_cut_anywhere),
        TLS_TEST(what_comes_is_sent_back),
        TLS_TEST(keys_that_change),
        TLS_TEST(what_a_client_must_not_send),
        TLS_TEST(records_without_data_are_counted),
        TLS_TEST(renegotiation_is_declined_and_the_socket_lives),
        TLS_TEST(the_clients_end),
        TLS_TEST(the_clients_end_waits_for_the_owner),
        TLS_TEST(our_end_is_announced_behind_the_data),
        TLS_TEST(first_records_tell_whether_the_keys_are_right),
        TLS_TEST(a_slow_reader_gets_everything),
        TLS_TEST(a_key_that_is_worn_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
