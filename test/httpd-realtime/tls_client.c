/* SPDX-License-Identifier: Apache-2.0 */
/* The client of the tests with TLS: its connection and the WebSocket above it. */
#include "tls_client.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int port, holder;
const char *why;

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

void send_bytes(client_t *c, const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = send(c->fd, bytes, len, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        bytes += n;
        len -= (size_t)n;
    }
}

void flush_cut(client_t *c, size_t cut)
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

void flush_all(client_t *c)
{
    flush_cut(c, 0);
}

/* Notes how wide records are; they may begin anywhere in what is read, so only of those
 * that begin a read. */
void take(client_t *c, int wait)
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

int hears(client_t *c, const char *text)
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

int start(client_t *c, suite_t *suite, int mfl)
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

void finish(client_t *c)
{
    /* an SSL that is freed without its end makes the session unfit */
    SSL_set_shutdown(c->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(c->ssl);
    close(c->fd);
    free(c->heard);
}

/* ---- WebSocket ---- */

size_t frame(unsigned char *out, const char *text, size_t len)
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

void put(client_t *c, const void *bytes, size_t len)
{
    SSL_write(c->ssl, bytes, (int)len);
}

void put_frame(client_t *c, const char *text)
{
    unsigned char bytes[1024];
    put(c, bytes, frame(bytes, text, strlen(text)));
}

int echo(client_t *c, const char *word)
{
    char text[200], back[200];
    snprintf(text, sizeof(text), "42[\"message\",\"%s\"]", word);
    snprintf(back, sizeof(back), "42[\"message-back\",\"%s\"]", word);
    put_frame(c, text);
    flush_all(c);
    return hears(c, back);
}

int echo_long(client_t *c, size_t len, int patient)
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

int held(const client_t *c)
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

int greeted(client_t *c)
{
    NEED(hears(c, "101 Switching"));
    NEED(hears(c, "\"hello\""));
    /* the kernel's table is not read at one moment */
    for (int i = 0; i < 50 && held(c) != (holder != 0); i++)
        usleep(GAP_US);
    NEED(held(c) == (holder != 0));
    return 1;
}

int open_plain(client_t *c, suite_t *suite)
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
