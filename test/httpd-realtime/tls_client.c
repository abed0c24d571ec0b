/* SPDX-License-Identifier: Apache-2.0
 * A client with TLS that cuts its bytes where it likes: OpenSSL over memory, a WebSocket
 * to the stand-in for chatd above it.
 *     tls-client PORT PID SUITE [TEST...]
 * runs the tests, all that fit the suite or those named, and writes a line for each. PID:
 * the process that has to hold the sockets; 0: another one, because this suite stays in
 * httpd. TLS_ALL=1: every cut. TLS_CERT=FILE: a certificate and its key.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE 15000 /* ms */
#define GAP_US 3000    /* until the other side has seen the first piece */
#define REQUEST                                                                  \
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\n"  \
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

typedef struct client_t {
    SSL *ssl;
    BIO *in, *out;
    int fd;
    int ended;     /* the server closed the TCP connection */
    int alert;     /* the last one from it, -1: none */
    size_t widest; /* record */
    char *heard;   /* all data, terminated */
    size_t len, cap;
} client_t;

typedef struct suite_t {
    const char *name;
    int version;
    SSL_SESSION *session; /* of the last connection */
    int tickets;
} suite_t;

static int port, holder, all_cuts;
static const char *why;

#define NEED(what)                   \
    do {                             \
        if (!(what)) {               \
            why = why ? why : #what; \
            return 0;                \
        }                            \
    } while (0)

/* ---- connection ---- */

static void note_alert(const SSL *ssl, int where, int value)
{
    client_t *c = SSL_get_ex_data(ssl, 0);
    if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT)
        c->alert = value & 255;
}

static int new_session(SSL *ssl, SSL_SESSION *session)
{
    suite_t *suite = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0);
    SSL_SESSION_free(suite->session);
    suite->session = session;
    return 1;
}

static SSL_CTX *context(suite_t *suite)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    const char *cert = getenv("TLS_CERT");
    SSL_CTX_set_min_proto_version(ctx, suite->version);
    SSL_CTX_set_max_proto_version(ctx, suite->version);
    if (suite->version == TLS1_3_VERSION)
        SSL_CTX_set_ciphersuites(ctx, suite->name);
    else
        SSL_CTX_set_cipher_list(ctx, suite->name);
    SSL_CTX_set_ex_data(ctx, 0, suite);
    SSL_CTX_set_session_cache_mode(ctx,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, new_session);
    if (!suite->tickets)
        SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    if (cert) {
        SSL_CTX_use_certificate_chain_file(ctx, cert);
        SSL_CTX_use_PrivateKey_file(ctx, cert, SSL_FILETYPE_PEM);
        SSL_CTX_set_post_handshake_auth(ctx, 1);
    }
    return ctx;
}

static void send_bytes(client_t *c, const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = send(c->fd, bytes, len, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        bytes += n;
        len -= (size_t)n;
    }
}

/* What OpenSSL has written; CUT bytes of it first and the rest later, or all. */
static void flush_cut(client_t *c, size_t cut)
{
    char *bytes;
    size_t len = (size_t)BIO_get_mem_data(c->out, &bytes);
    if (cut && cut < len) {
        send_bytes(c, bytes, cut);
        usleep(GAP_US);
        bytes += cut;
        len -= cut;
    }
    send_bytes(c, bytes, len);
    (void)BIO_reset(c->out);
}

static void flush_all(client_t *c)
{
    flush_cut(c, 0);
}

/* Notes how wide records are; they may begin anywhere in what is read, so only of those
 * that begin a read. */
static void take(client_t *c, int wait)
{
    struct pollfd poller = {.fd = c->fd, .events = POLLIN};
    static unsigned char bytes[65536];
    ssize_t n;
    if (poll(&poller, 1, wait) <= 0)
        return;
    n = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN))
        c->ended = 1;
    if (n > 4 && bytes[1] == 3 && (size_t)(bytes[3] << 8 | bytes[4]) > c->widest)
        c->widest = (size_t)(bytes[3] << 8 | bytes[4]);
    if (n > 0)
        BIO_write(c->in, bytes, (int)n);
}

static void read_ssl(client_t *c)
{
    int n;
    do {
        if (c->cap - c->len < 20000)
            c->heard = realloc(c->heard, c->cap = 2 * c->cap + 40000);
        n = SSL_read(c->ssl, c->heard + c->len, 16384);
        if (n > 0)
            c->len += (size_t)n;
    } while (n > 0);
    ERR_clear_error();
    if (c->heard)
        c->heard[c->len] = 0;
    if (BIO_pending(c->out))
        flush_all(c);
}

/* Until TEXT was heard; NULL: until the end. */
static int hears(client_t *c, const char *text)
{
    for (int left = PATIENCE; left > 0; left -= 20) {
        read_ssl(c);
        if (text && c->len && memmem(c->heard, c->len, text, strlen(text)))
            return 1;
        if (c->ended)
            return !text;
        take(c, 20);
    }
    return 0;
}

static int start(client_t *c, suite_t *suite, int mfl)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    SSL_CTX *ctx = context(suite);
    int one = 1;
    memset(c, 0, sizeof(*c));
    c->alert = -1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    c->ssl = SSL_new(ctx);
    SSL_CTX_free(ctx);
    SSL_set_ex_data(c->ssl, 0, c);
    SSL_set_info_callback(c->ssl, note_alert);
    SSL_set_tlsext_host_name(c->ssl, "localhost");
    if (mfl)
        SSL_set_tlsext_max_fragment_length(c->ssl, (uint8_t)mfl);
    if (suite->session)
        SSL_set_session(c->ssl, suite->session);
    SSL_set_bio(c->ssl, c->in = BIO_new(BIO_s_mem()), c->out = BIO_new(BIO_s_mem()));
    BIO_set_mem_eof_return(c->in, -1);
    SSL_set_connect_state(c->ssl);
    NEED(connect(c->fd, (struct sockaddr *)&to, sizeof(to)) == 0);
    while (SSL_do_handshake(c->ssl) != 1) {
        NEED(SSL_get_error(c->ssl, -1) == SSL_ERROR_WANT_READ || BIO_pending(c->out));
        flush_all(c);
        NEED(!c->ended);
        take(c, PATIENCE);
    }
    flush_all(c);
    return 1;
}

static void finish(client_t *c)
{
    /* an SSL that is freed without its end makes the session unfit */
    SSL_set_shutdown(c->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(c->ssl);
    close(c->fd);
    free(c->heard);
}

/* ---- WebSocket ---- */

static size_t frame(unsigned char *out, const char *text, size_t len)
{
    size_t n = 2;
    out[0] = 0x81;
    if (len < 126)
        out[1] = (unsigned char)(0x80 | len);
    else if (len < 65536) {
        out[1] = 0x80 | 126;
        out[n++] = (unsigned char)(len >> 8);
        out[n++] = (unsigned char)len;
    }
    else {
        out[1] = 0x80 | 127;
        for (int i = 0; i < 8; i++)
            out[n++] = (unsigned char)((unsigned long long)len >> (56 - 8 * i));
    }
    memset(out + n, 0, 4);
    memcpy(out + n + 4, text, len);
    return n + 4 + len;
}

/* Leaves the records in c->out. */
static void put(client_t *c, const void *bytes, size_t len)
{
    SSL_write(c->ssl, bytes, (int)len);
}

static void put_frame(client_t *c, const char *text)
{
    unsigned char bytes[1024];
    put(c, bytes, frame(bytes, text, strlen(text)));
}

static int echo(client_t *c, const char *word)
{
    char text[200], back[200];
    snprintf(text, sizeof(text), "42[\"message\",\"%s\"]", word);
    snprintf(back, sizeof(back), "42[\"message-back\",\"%s\"]", word);
    put_frame(c, text);
    flush_all(c);
    return hears(c, back);
}

/* LEN bytes there and back. */
static int echo_long(client_t *c, size_t len, int patient)
{
    char *word = malloc(len + 1), *text = malloc(len + 40), *back = malloc(len + 40);
    unsigned char *bytes = malloc(len + 80);
    int good;
    for (size_t i = 0; i < len; i++)
        word[i] = (char)('a' + i % 23);
    word[len] = 0;
    snprintf(text, len + 40, "42[\"message\",\"%s\"]", word);
    snprintf(back, len + 40, "42[\"message-back\",\"%s\"]", word);
    put(c, bytes, frame(bytes, text, strlen(text)));
    flush_all(c);
    if (patient)
        usleep(300000);
    good = hears(c, back);
    free(word);
    free(text);
    free(back);
    free(bytes);
    return good;
}

/* Whether process HOLDER has the server's end. */
static int held(const client_t *c)
{
    struct sockaddr_in mine;
    socklen_t len = sizeof(mine);
    char local[32], remote[32], both[64], want[64], name[512], target[64];
    unsigned long inode = 0, i;
    int found = 0;
    FILE *in = fopen("/proc/net/tcp", "r");
    struct dirent *entry;
    DIR *dir;
    getsockname(c->fd, (struct sockaddr *)&mine, &len);
    /* its end: from the server's port to mine, in hexadecimal digits */
    snprintf(want, sizeof(want), "0100007F:%04X 0100007F:%04X", port,
             ntohs(mine.sin_port));
    while (in && fscanf(in, "%*s %31s %31s %*s %*s %*s %*s %*s %*s %lu%*[^\n]", local,
                        remote, &i) >= 1) {
        snprintf(both, sizeof(both), "%s %s", local, remote);
        inode = i && !strcmp(both, want) ? i : inode;
    }
    if (in)
        fclose(in);
    snprintf(want, sizeof(want), "socket:[%lu]", inode);
    snprintf(name, sizeof(name), "/proc/%d/fd", holder);
    dir = holder ? opendir(name) : NULL;
    while (dir && (entry = readdir(dir))) {
        ssize_t n;
        snprintf(name, sizeof(name), "/proc/%d/fd/%s", holder, entry->d_name);
        n = readlink(name, target, sizeof(target) - 1);
        if (n > 0) {
            target[n] = 0;
            found |= !strcmp(target, want);
        }
    }
    if (dir)
        closedir(dir);
    return found;
}

static int greeted(client_t *c)
{
    NEED(hears(c, "101 Switching"));
    NEED(hears(c, "\"hello\""));
    /* the kernel's table is not read at one moment */
    for (int i = 0; i < 50 && held(c) != (holder != 0); i++)
        usleep(GAP_US);
    NEED(held(c) == (holder != 0));
    return 1;
}

static int open_plain(client_t *c, suite_t *suite)
{
    NEED(start(c, suite, 0));
    put(c, REQUEST, strlen(REQUEST));
    flush_all(c);
    /* data beside the handshake in which a location asks for a certificate is an error */
    if (getenv("TLS_CERT"))
        NEED(hears(c, "101 Switching"));
    put_frame(c, "40");
    flush_all(c);
    NEED(greeted(c));
    return 1;
}

/* ---- tests ---- */

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

/* A connection that has had another request stays in httpd. */
static int test_second_request(client_t *c, suite_t *suite)
{
    static const char first[] = "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n";
    int before = holder;
    NEED(start(c, suite, 0));
    put(c, first, strlen(first));
    flush_all(c);
    NEED(hears(c, "HTTP/1.1 404"));
    put(c, REQUEST, strlen(REQUEST));
    put_frame(c, "40");
    flush_all(c);
    NEED(hears(c, "\"hello\"") && !held(c));
    holder = before;
    NEED(echo(c, "x"));
    return 1;
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
