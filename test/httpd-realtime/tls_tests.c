/* SPDX-License-Identifier: Apache-2.0
 * What a client with TLS may do to a server that hands its sockets on.
 *     tls-client PORT PID SUITE [TEST...]
 * runs the tests, all that fit the suite or those named, and writes a line for each. PID:
 * the process that has to hold the sockets; 0: another one, because this suite stays in
 * httpd. TLS_ALL=1: every cut. TLS_CERT=FILE: a certificate and its key.
 */
#include "tls_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int all_cuts;

static int test_plain(client_t *c, suite_t *suite)
{
    NEED(open_plain(c, suite));
    NEED(echo(c, "one") && echo(c, "two"));
    return 1;
}

static int test_frame_in_the_record_of_the_request(client_t *c, suite_t *suite)
{
    unsigned char bytes[1024];
    size_t n = strlen(REQUEST);
    NEED(start(c, suite, 0));
    memcpy(bytes, REQUEST, n);
    n += frame(bytes + n, "40", 2);
    put(c, bytes, n);
    flush_all(c);
    NEED(greeted(c) && echo(c, "x"));
    return 1;
}

static int test_request_in_two_records(client_t *c, suite_t *suite)
{
    NEED(start(c, suite, 0));
    put(c, REQUEST, 30);
    flush_all(c);
    usleep(GAP_US);
    put(c, REQUEST + 30, strlen(REQUEST) - 30);
    put_frame(c, "40");
    flush_all(c);
    NEED(greeted(c) && echo(c, "x"));
    return 1;
}

static int test_cuts(client_t *c, suite_t *suite)
{
    for (size_t cut = 1;; cut += all_cuts || cut < 7 ? 1 : 11) {
        size_t first, whole;
        NEED(start(c, suite, 0));
        put(c, REQUEST, strlen(REQUEST));
        first = (size_t)BIO_pending(c->out);
        put_frame(c, "40");
        put_frame(c, "42[\"message\",\"behind\"]");
        whole = (size_t)BIO_pending(c->out);
        if (first + cut >= whole)
            return 1;
        flush_cut(c, first + cut);
        NEED(greeted(c));
        NEED(hears(c, "\"behind\""));
        NEED(echo(c, "x"));
        finish(c);
    }
}

static int test_a_byte_a_record(client_t *c, suite_t *suite)
{
    unsigned char bytes[256];
    size_t n = frame(bytes, "42[\"message\",\"slow\"]", 20);
    NEED(open_plain(c, suite));
    for (size_t i = 0; i < n; i++)
        put(c, bytes + i, 1);
    flush_all(c);
    NEED(hears(c, "\"slow\""));
    return 1;
}

static int test_a_byte_a_segment(client_t *c, suite_t *suite)
{
    char *bytes;
    long len;
    NEED(start(c, suite, 0));
    put(c, REQUEST, strlen(REQUEST));
    put_frame(c, "40");
    len = BIO_get_mem_data(c->out, &bytes);
    for (long i = 0; i < len; i++) {
        send_bytes(c, bytes + i, 1);
        if (i % 16 == 0)
            usleep(200);
    }
    (void)BIO_reset(c->out);
    NEED(greeted(c) && echo(c, "x"));
    return 1;
}

static int test_short_records(client_t *c, suite_t *suite)
{
    NEED(open_plain(c, suite));
    SSL_set_max_send_fragment(c->ssl, 512);
    NEED(echo_long(c, 20000, 0));
    return 1;
}

static int test_max_fragment_length(client_t *c, suite_t *suite)
{
    NEED(start(c, suite, 1));
    put(c, REQUEST, strlen(REQUEST));
    put_frame(c, "40");
    flush_all(c);
    NEED(greeted(c));
    c->widest = 0;
    NEED(echo_long(c, 20000, 0) && c->widest && c->widest <= 512 + 40);
    return 1;
}

static int test_long_message(client_t *c, suite_t *suite)
{
    NEED(open_plain(c, suite));
    NEED(echo_long(c, 900000, 0) && echo(c, "x"));
    return 1;
}

static int test_slow_reader(client_t *c, suite_t *suite)
{
    int size = 32768;
    NEED(open_plain(c, suite));
    setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    NEED(echo_long(c, 900000, 1) && echo(c, "x"));
    return 1;
}

static int test_resumption(client_t *c, suite_t *suite)
{
    for (int tickets = 1; tickets >= (suite->version == TLS1_3_VERSION); tickets--) {
        suite->tickets = tickets;
        SSL_SESSION_free(suite->session);
        suite->session = NULL;
        for (int i = 0; i < 3; i++) {
            NEED(open_plain(c, suite));
            NEED(SSL_session_reused(c->ssl) == (i > 0));
            NEED(echo(c, "x"));
            finish(c);
        }
    }
    NEED(start(c, suite, 0));
    return 1;
}

static int test_close_notify(client_t *c, suite_t *suite)
{
    NEED(open_plain(c, suite));
    SSL_shutdown(c->ssl);
    flush_all(c);
    NEED(hears(c, NULL) && c->alert == 0);
    return 1;
}

static int test_close_frame(client_t *c, suite_t *suite)
{
    NEED(open_plain(c, suite));
    put(c, "\x88\x82\0\0\0\0\x03\xe8", 8);
    flush_all(c);
    NEED(hears(c, "\x88\x02\x03\xe8") && hears(c, NULL) && c->alert == 0);
    return 1;
}

/* A record with one bit changed, and one a second time. */
static int test_forgery(client_t *c, suite_t *suite)
{
    for (int replay = 0; replay < 2; replay++) {
        char copy[2048], *bytes;
        long len;
        NEED(open_plain(c, suite));
        put_frame(c, "42[\"message\",\"forged\"]");
        len = BIO_get_mem_data(c->out, &bytes);
        memcpy(copy, bytes, (size_t)len);
        if (replay)
            flush_all(c);
        else
            copy[len - 1] ^= 1;
        (void)BIO_reset(c->out);
        send_bytes(c, copy, (size_t)len);
        NEED(hears(c, NULL) && c->alert == SSL_AD_BAD_RECORD_MAC);
        NEED(replay || !strstr(c->heard, "forged"));
        if (!replay)
            finish(c);
    }
    return 1;
}

static int test_no_tls(client_t *c, suite_t *suite)
{
    NEED(open_plain(c, suite));
    send_bytes(c, "GET / HTTP/1.1\r\n\r\n", 18);
    NEED(hears(c, NULL) && c->alert > 0);
    return 1;
}

static int test_renegotiation(client_t *c, suite_t *suite)
{
    NEED(open_plain(c, suite));
    SSL_renegotiate(c->ssl);
    SSL_do_handshake(c->ssl);
    flush_all(c);
    for (int left = PATIENCE; left > 0 && c->alert < 0; left -= 20) {
        take(c, 20);
        SSL_do_handshake(c->ssl);
    }
    NEED(c->alert == SSL_AD_NO_RENEGOTIATION && !c->ended);
    return 1;
}

static int test_padding(client_t *c, suite_t *suite)
{
    NEED(open_plain(c, suite));
    SSL_set_block_padding(c->ssl, 4096);
    NEED(echo(c, "four"));
    SSL_set_block_padding(c->ssl, 16384);
    NEED(echo(c, "sixteen"));
    return 1;
}

static void update(client_t *c, int type)
{
    SSL_key_update(c->ssl, type);
    SSL_do_handshake(c->ssl);
}

static int test_key_updates(client_t *c, suite_t *suite)
{
    NEED(start(c, suite, 0));
    update(c, SSL_KEY_UPDATE_NOT_REQUESTED);
    update(c, SSL_KEY_UPDATE_REQUESTED);
    put(c, REQUEST, strlen(REQUEST));
    update(c, SSL_KEY_UPDATE_NOT_REQUESTED);
    put_frame(c, "40");
    flush_all(c);
    NEED(greeted(c) && echo(c, "before"));
    update(c, SSL_KEY_UPDATE_REQUESTED);
    NEED(echo(c, "requested") && echo(c, "later"));
    for (int i = 0; i < 20; i++)
        update(c, SSL_KEY_UPDATE_NOT_REQUESTED);
    NEED(echo(c, "twenty"));
    for (int i = 0; i < 200; i++)
        update(c, SSL_KEY_UPDATE_NOT_REQUESTED);
    flush_all(c);
    NEED(hears(c, NULL) && c->alert == SSL_AD_UNEXPECTED_MESSAGE);
    return 1;
}

static int stays(client_t *c)
{
    put(c, REQUEST, strlen(REQUEST));
    put_frame(c, "40");
    flush_all(c);
    NEED(hears(c, "\"hello\"") && !held(c));
    NEED(echo(c, "x"));
    return 1;
}

/* A connection that has had another request stays in httpd. */
static int test_second_request(client_t *c, suite_t *suite)
{
    static const char first[] = "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n";
    NEED(start(c, suite, 0));
    put(c, first, strlen(first));
    flush_all(c);
    return hears(c, "HTTP/1.1 404") && stays(c);
}

/* So does one that has changed its keys so often that chatd would be busy with them. */
static int test_key_updates_before(client_t *c, suite_t *suite)
{
    NEED(start(c, suite, 0));
    for (int i = 0; i < 33; i++)
        update(c, SSL_KEY_UPDATE_NOT_REQUESTED);
    return stays(c);
}

enum { ANY, ONLY_1_2, ONLY_1_3, HANDED }; /* HANDED: where chatd reads the records */

static const struct {
    const char *name;
    int (*run)(client_t *c, suite_t *suite);
    int when;
} tests[] = {
    {"plain", test_plain, ANY},
    {"frame-in-the-record-of-the-request", test_frame_in_the_record_of_the_request, ANY},
    {"request-in-two-records", test_request_in_two_records, ANY},
    {"cuts", test_cuts, ANY},
    {"a-byte-a-record", test_a_byte_a_record, ANY},
    {"a-byte-a-segment", test_a_byte_a_segment, ANY},
    {"short-records", test_short_records, ANY},
    {"max-fragment-length", test_max_fragment_length, HANDED},
    {"long-message", test_long_message, ANY},
    {"slow-reader", test_slow_reader, ANY},
    {"resumption", test_resumption, ANY},
    {"close-notify", test_close_notify, HANDED},
    {"close-frame", test_close_frame, HANDED},
    {"forgery", test_forgery, HANDED},
    {"no-tls", test_no_tls, HANDED},
    {"renegotiation", test_renegotiation, ONLY_1_2},
    {"padding", test_padding, ONLY_1_3},
    {"key-updates", test_key_updates, ONLY_1_3},
    {"key-updates-before", test_key_updates_before, ONLY_1_3},
    {"second-request", test_second_request, ANY},
};

static int fits(const suite_t *suite, int when)
{
    return when == ANY ||
           (holder &&
            (when == HANDED || (when == ONLY_1_3) == (suite->version == TLS1_3_VERSION)));
}

int main(int argc, char **argv)
{
    int failed = 0;
    if (argc < 4)
        return 2;
    port = (int)strtol(argv[1], NULL, 10);
    holder = (int)strtol(argv[2], NULL, 10);
    all_cuts = getenv("TLS_ALL") != NULL;
    for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
        suite_t suite = {argv[3], TLS1_2_VERSION, NULL, 1};
        client_t c;
        int named = argc == 4, good;
        if (!strncmp(suite.name, "TLS_", 4))
            suite.version = TLS1_3_VERSION;
        for (int n = 4; n < argc; n++)
            named |= !strcmp(argv[n], tests[i].name);
        if (!named || !fits(&suite, tests[i].when))
            continue;
        why = NULL;
        good = tests[i].run(&c, &suite);
        if (good)
            printf("ok %s\n", tests[i].name);
        else
            printf("not ok %s: %s, alert %d, ended %d\n", tests[i].name, why ? why : "",
                   c.alert, c.ended);
        fflush(stdout);
        finish(&c);
        SSL_SESSION_free(suite.session);
        failed |= !good;
    }
    return failed;
}
