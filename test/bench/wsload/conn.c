/* SPDX-License-Identifier: Apache-2.0 */
/* Connections to the server: TCP, TLS, the handshake, frames, and Socket.IO above them.
 */
#include "wsload.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define STAMP 17 /* B and 16 digits; a blank follows */
#define STAMP_WITHIN 1024
#define INPUT_MAX 262144

enum { OP_TEXT = 1, OP_BINARY, OP_CLOSE = 8, OP_PING, OP_PONG };

typedef enum {
    CONN_FREE,
    CONN_TCP,
    CONN_TLS,
    CONN_HTTP,
    CONN_EIO,
    CONN_SIO,
    CONN_LOGIN,
    CONN_READY,
    CONN_DEAD
} conn_state_t;

typedef struct conn_t {
    int fd;
    conn_state_t state;
    int want_out;
    SSL *ssl;
    char *in; /* an incomplete frame; NULL while there was none */
    size_t in_len, in_max;
    char *out; /* what the socket did not take */
    size_t out_len;
    uint64_t begun;
} conn_t;

static conn_t *conns;
static int ep;
static SSL_CTX *ctx;

void conns_init(int epoll)
{
    ep = epoll;
    conns = calloc((size_t)opt.conns, sizeof(*conns));
    if (opt.tls) {
        ctx = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_read_ahead(ctx, 1); /* as browsers read */
    }
}

/* ---- bytes ---- */

static void dead(conn_t *c, const char *why)
{
    if (c->state == CONN_DEAD)
        return;
    if (c->state == CONN_READY)
        count.ready--;
    else
        count.in_flight--;
    note("connection %d lost in state %d: %s", (int)(c - conns), (int)c->state, why);
    count.dead++;
    SSL_free(c->ssl);
    close(c->fd);
    free(c->in);
    free(c->out);
    *c = (conn_t){.state = CONN_DEAD};
}

static void interest(conn_t *c, int out)
{
    struct epoll_event event = {.events = EPOLLIN | (out ? EPOLLOUT : 0), .data.ptr = c};
    if (c->want_out == out)
        return;
    c->want_out = out;
    epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &event);
}

/* RESULT of read, write or their OpenSSL counterparts: bytes, 0: would block, -1: closed.
 */
static ssize_t io_result(const conn_t *c, ssize_t result)
{
    int again;
    if (result > 0)
        return result;
    if (c->ssl) {
        int error = SSL_get_error(c->ssl, (int)result);
        again = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
    }
    else
        again = result < 0 && (errno == EAGAIN || errno == EINTR);
    return again ? 0 : -1;
}

static ssize_t io_read(conn_t *c, void *bytes, size_t len)
{
    return io_result(c, c->ssl ? SSL_read(c->ssl, bytes, (int)len)
                               : read(c->fd, bytes, len));
}

static ssize_t io_write(conn_t *c, const void *bytes, size_t len)
{
    return io_result(c, c->ssl ? SSL_write(c->ssl, bytes, (int)len)
                               : write(c->fd, bytes, len));
}

static void send_bytes(conn_t *c, const char *bytes, size_t len)
{
    ssize_t n = c->out_len ? 0 : io_write(c, bytes, len);
    if (n < 0) {
        dead(c, "write");
        return;
    }
    len -= (size_t)n;
    if (len) {
        c->out = realloc(c->out, c->out_len + len);
        memcpy(c->out + c->out_len, bytes + n, len);
        c->out_len += len;
        interest(c, 1);
    }
}

static void send_rest(conn_t *c)
{
    ssize_t n = c->out_len ? io_write(c, c->out, c->out_len) : 0;
    if (n < 0) {
        dead(c, "write");
        return;
    }
    c->out_len -= (size_t)n;
    if (c->out_len)
        memmove(c->out, c->out + n, c->out_len);
    else
        interest(c, 0);
}

/* ---- frames ---- */

static void send_frame(conn_t *c, int op, const char *text, size_t len)
{
    static char bytes[TEXT_MAX + 1024];
    uint32_t key = (uint32_t)now_ns() * 2654435761u | 1;
    size_t n = 2;
    if (len > sizeof(bytes) - 8)
        len = sizeof(bytes) - 8;
    bytes[0] = (char)(0x80 | op);
    if (len < 126)
        bytes[1] = (char)(0x80 | len);
    else {
        bytes[1] = (char)(0x80 | 126);
        bytes[n++] = (char)(len >> 8);
        bytes[n++] = (char)len;
    }
    memcpy(bytes + n, &key, 4);
    n += 4;
    for (size_t i = 0; i < len; i++)
        bytes[n + i] = (char)(text[i] ^ ((const char *)&key)[i & 3]);
    send_bytes(c, bytes, n + len);
}

size_t stamp_write(char out[TEXT_MAX], uint64_t t)
{
    size_t len = (size_t)snprintf(out, TEXT_MAX, "B%016llx ", (unsigned long long)t);
    size_t pad = opt.payload > STAMP + 1 ? (size_t)opt.payload - STAMP - 1 : 0;
    memset(out + len, 'x', pad);
    out[len + pad] = 0;
    return len + pad;
}

/* The time in a stamp at P, which has STAMP + 1 bytes; 0: it is none. */
static uint64_t stamp_read(const char *p)
{
    char digits[STAMP];
    memcpy(digits, p + 1, STAMP - 1);
    digits[STAMP - 1] = 0;
    if (strspn(digits, "0123456789abcdef") < STAMP - 1 || p[STAMP] != ' ')
        return 0;
    return strtoull(digits, NULL, 16);
}

static void measure(const char *p, size_t len)
{
    const char *end = p + (len > STAMP_WITHIN ? STAMP_WITHIN : len);
    for (; (p = memchr(p, 'B', (size_t)(end - p))) && p + STAMP < end; p++) {
        uint64_t t = stamp_read(p);
        if (!t)
            continue;
        count.delivered++;
        if (count.nlatency < count.latency_max)
            count.latency[count.nlatency++] = (uint32_t)((now_ns() - t) / 1000);
        return;
    }
}

/* ---- Socket.IO ---- */

static void ready(conn_t *c)
{
    c->state = CONN_READY;
    count.in_flight--;
    count.ready++;
    count.connect[count.nconnect++] = (uint32_t)((now_ns() - c->begun) / 1000);
}

/* What stands before a packet's data: its type and, but for the main one, the namespace.
 */
static size_t sio_head(char *out, size_t size, const char *type)
{
    int main_one = !strcmp(opt.nsp, "/");
    return (size_t)snprintf(out, size, "%s%s%s", type, main_one ? "" : opt.nsp,
                            main_one ? "" : ",");
}

static void send_event(conn_t *c)
{
    char text[4096];
    const char *at = opt.ntokens ? strchr(opt.event, '@') : NULL;
    size_t n = sio_head(text, sizeof(text) / 2, "42");
    n += (size_t)snprintf(
        text + n, sizeof(text) - n, "%.*s%s%s", at ? (int)(at - opt.event) : 0, opt.event,
        at ? opt.tokens[(c - conns) % opt.ntokens] : "", at ? at + 1 : opt.event);
    send_frame(c, OP_TEXT, text, n < sizeof(text) ? n : sizeof(text) - 1);
}

static int is_event(const char *p, size_t len, const char *name)
{
    const char *event = memmem(p, len > 128 ? 128 : len, "[\"", 2);
    size_t n = strlen(name);
    return event && (size_t)(p + len - event) > n + 3 && !memcmp(event + 2, name, n) &&
           event[n + 2] == '"';
}

/* The packets before a connection is ready. */
static void sio_join(conn_t *c, const char *p, size_t len)
{
    char text[300];
    if (c->state == CONN_EIO && p[0] == '0') {
        c->state = CONN_SIO;
        send_frame(c, OP_TEXT, text, sio_head(text, sizeof(text), "40"));
    }
    else if (c->state == CONN_SIO && len > 1 && !memcmp(p, "40", 2)) {
        if (opt.event)
            send_event(c);
        if (c->state == CONN_DEAD)
            return;
        if (opt.event && opt.answer)
            c->state = CONN_LOGIN;
        else
            ready(c);
    }
    else if (c->state == CONN_SIO && len > 1 && !memcmp(p, "44", 2))
        dead(c, "socket.io connect error");
    else if (c->state == CONN_LOGIN && is_event(p, len, opt.answer))
        ready(c);
}

static void on_message(conn_t *c, int op, char *p, size_t len)
{
    if (op == OP_PING)
        send_frame(c, OP_PONG, p, len);
    else if (op == OP_CLOSE)
        dead(c, "close frame");
    else if (op != OP_TEXT && op != OP_BINARY)
        return;
    else if (opt.mode == MODE_SIO && len && p[0] == '2') { /* a ping of Engine.IO */
        p[0] = '3';
        send_frame(c, OP_TEXT, p, len);
    }
    else if (c->state == CONN_READY)
        measure(p, len);
    else if (opt.mode == MODE_SIO && len)
        sio_join(c, p, len);
}

void conn_send(int i)
{
    static char text[TEXT_MAX], packet[TEXT_MAX + 400];
    conn_t *c = &conns[i];
    size_t len;
    if (c->state != CONN_READY)
        return;
    len = stamp_write(text, now_ns());
    if (opt.mode == MODE_SIO) {
        len = sio_head(packet, 300, "42");
        len += (size_t)snprintf(packet + len, sizeof(packet) - len, "[\"msg\",\"%s\"]",
                                text);
        send_frame(c, OP_TEXT, packet, len);
    }
    else
        send_frame(c, OP_TEXT, text, len);
    count.sent++;
}

/* ---- input ---- */

/* Each takes one piece from P, and returns its bytes; 0: it is not complete. */
static size_t take_handshake(conn_t *c, char *p, size_t len)
{
    char *end = memmem(p, len, "\r\n\r\n", 4);
    if (!end)
        return 0;
    if (len < 12 || memcmp(p + 9, "101", 3)) {
        p[len > 60 ? 60 : len - 1] = 0;
        dead(c, p);
    }
    else if (opt.mode == MODE_SIO)
        c->state = CONN_EIO;
    else
        ready(c);
    return (size_t)(end + 4 - p);
}

static size_t take_frame(conn_t *c, char *p, size_t len)
{
    size_t size, head;
    if (len < 2)
        return 0;
    size = p[1] & 0x7f;
    head = size < 126 ? 2 : size == 126 ? 4 : 10;
    if (len < head)
        return 0;
    if (head > 2)
        size = 0;
    for (size_t i = 2; i < head; i++)
        size = size << 8 | (unsigned char)p[i];
    if (size > len - head)
        return 0;
    on_message(c, p[0] & 15, p + head, size);
    return head + size;
}

static size_t take_all(conn_t *c, char *p, size_t len)
{
    size_t used = 0, n;
    do {
        n = (c->state == CONN_HTTP ? take_handshake : take_frame)(c, p + used,
                                                                  len - used);
        used += n;
    } while (n && c->state != CONN_DEAD);
    return used;
}

static void keep(conn_t *c, const char *bytes, size_t len)
{
    if (len > INPUT_MAX / 2) {
        dead(c, "frame too big for this client");
        return;
    }
    if (c->in_max < len)
        c->in = realloc(c->in, c->in_max = len);
    if (len)
        memcpy(c->in, bytes, len);
    c->in_len = len;
}

static void on_readable(conn_t *c)
{
    static char bytes[INPUT_MAX];
    while (c->state != CONN_DEAD) {
        size_t len = c->in_len, room = sizeof(bytes) - len, used;
        ssize_t n;
        if (len)
            memcpy(bytes, c->in, len);
        n = io_read(c, bytes + len, room);
        if (n < 0)
            dead(c, "closed by server");
        if (n <= 0)
            return;
        used = take_all(c, bytes, len + (size_t)n);
        if (c->state != CONN_DEAD)
            keep(c, bytes + used, len + (size_t)n - used);
        if (c->state != CONN_DEAD &&
            (c->ssl ? !SSL_has_pending(c->ssl) : (size_t)n < room))
            return; /* nothing is left */
    }
}

/* ---- opening ---- */

static void send_handshake(conn_t *c)
{
    char request[8192];
    int n = snprintf(
        request, sizeof(request),
        "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: "
        "13\r\n%s\r\n",
        opt.server.path, opt.server.host, opt.server.port, opt.headers);
    c->state = CONN_HTTP;
    send_bytes(c, request, (size_t)n);
}

static void shake_tls(conn_t *c)
{
    int result = SSL_connect(c->ssl);
    int error = SSL_get_error(c->ssl, result);
    if (result == 1) {
        interest(c, 0);
        send_handshake(c);
    }
    else if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        interest(c, error == SSL_ERROR_WANT_WRITE);
    else
        dead(c, "TLS handshake");
}

static void on_connected(conn_t *c)
{
    int error = 0;
    socklen_t len = sizeof(error);
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error) {
        dead(c, strerror(error));
        return;
    }
    interest(c, 0);
    if (opt.tls) {
        c->ssl = SSL_new(ctx);
        SSL_set_fd(c->ssl, c->fd);
        SSL_set_tlsext_host_name(c->ssl, "localhost");
        c->state = CONN_TLS;
    }
    else
        send_handshake(c);
}

void conn_start(void)
{
    int i = count.started++, one = 1;
    conn_t *c = &conns[i];
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)opt.server.port)};
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
    inet_pton(AF_INET, opt.server.host, &to.sin_addr);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0) {
        perror("socket");
        exit(1);
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (opt.addresses > 1) {
        from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (unsigned)(i % opt.addresses));
        setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
        bind(c->fd, (struct sockaddr *)&from, sizeof(from));
    }
    c->begun = now_ns();
    c->state = CONN_TCP;
    c->want_out = 1;
    count.in_flight++;
    if (connect(c->fd, (struct sockaddr *)&to, sizeof(to)) && errno != EINPROGRESS)
        dead(c, strerror(errno));
    else
        epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &event);
}

void conn_event(void *data, unsigned events)
{
    conn_t *c = data;
    if (c->state == CONN_TCP && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)))
        on_connected(c);
    if (c->state == CONN_TLS) {
        shake_tls(c);
        return;
    }
    if (c->state != CONN_DEAD && (events & EPOLLOUT))
        send_rest(c);
    if (c->state != CONN_DEAD && c->state != CONN_TCP &&
        (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        on_readable(c);
}
