/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/realtime/forward.h"

#include "httpd/realtime/daemon_request.h"
#include "httpd/realtime/realtime.h"
#include "wire/http_answer.h"

#include <httpd.h>
#include <apr_strings.h>
#include <errno.h>
#include <http_protocol.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE 16384
#define PROMPT_MS 10000 /* for an answer that need not wait for an event */
#define SLACK_MS 5000

typedef struct exchange_t {
    request_rec *r;
    int fd;
    int wait; /* milliseconds for the next bytes */
    chat_wire_answer_t answer;
} exchange_t;

static void set_line(void *baton, const char *name, const char *value)
{
    request_rec *r = baton;
    if (!strcasecmp(name, "Content-Type"))
        ap_set_content_type(r, apr_pstrdup(r->pool, value));
    else if (strcasecmp(name, "Content-Length") != 0)
        apr_table_add(r->headers_out, name, value);
}

static void begin_answer(exchange_t *x)
{
    request_rec *r = x->r;
    r->status = x->answer.status;
    chat_wire_answer_lines(&x->answer, set_line, r);
    if (x->answer.left)
        ap_set_content_length(r, (apr_off_t)x->answer.left);
}

static void take(exchange_t *x, const char *bytes, apr_size_t len)
{
    apr_size_t used;
    if (x->answer.state == CHAT_WIRE_ANSWER_HEAD) {
        used = chat_wire_answer_head(&x->answer, bytes, len);
        bytes += used;
        len -= used;
        if (x->answer.state == CHAT_WIRE_ANSWER_BODY ||
            x->answer.state == CHAT_WIRE_ANSWER_DONE)
            begin_answer(x);
    }
    len = chat_wire_answer_body(&x->answer, len);
    if (len && ap_rwrite(bytes, (int)len, x->r) < 0)
        x->answer.state = CHAT_WIRE_ANSWER_BAD;
}

static ssize_t receive(const exchange_t *x, char *bytes, apr_size_t size)
{
    struct pollfd poller = {.fd = x->fd, .events = POLLIN};
    ssize_t n;
    for (;;) {
        n = recv(x->fd, bytes, size, MSG_DONTWAIT);
        if (n >= 0 || (errno != EAGAIN && errno != EINTR))
            return n;
        if (poll(&poller, 1, x->wait) == 0) {
            errno = ETIMEDOUT;
            return -1;
        }
    }
}

static int waiting(const exchange_t *x)
{
    return x->answer.state == CHAT_WIRE_ANSWER_HEAD ||
           x->answer.state == CHAT_WIRE_ANSWER_BODY;
}

/* Whether any of the answer has gone out. */
static int receive_answer(exchange_t *x)
{
    char bytes[PIECE];
    ssize_t n = 1;
    while (waiting(x) && n > 0) {
        n = receive(x, bytes, sizeof(bytes));
        if (n > 0)
            take(x, bytes, (apr_size_t)n);
    }
    return x->answer.status != 0;
}

/* A GET may wait for the next event, which is a heartbeat at the latest. */
static int patience(const request_rec *r)
{
    const chat_host_t *host = chat_config_server(r->server)->host;
    if (r->method_number != M_GET)
        return PROMPT_MS;
    return host->ping_interval + host->ping_timeout + SLACK_MS;
}

int chat_forward(request_rec *r)
{
    exchange_t x = {.r = r, .fd = -1, .wait = patience(r)};
    int status, begun;
    if (!chat_realtime_hold(chat_realtime_of(r), r->pool)) {
        return chat_realtime_refuse(r, HTTP_SERVICE_UNAVAILABLE,
                                    "Too many realtime connections");
    }
    status = chat_daemon_request_open(&x.fd, r);
    if (x.fd < 0)
        return status;
    x.answer.bodyless = r->header_only;
    begun = receive_answer(&x);
    if (begun && waiting(&x))
        r->connection->keepalive = AP_CONN_CLOSE;
    close(x.fd);
    chat_wire_answer_clear(&x.answer);
    return begun ? OK : chat_realtime_lost(r, APR_EOF);
}
