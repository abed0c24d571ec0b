/* SPDX-License-Identifier: Apache-2.0 */
/* A thread sends one request to chatd and waits for the answer. */
#include "httpd/realtime/forward.h"

#include "httpd/realtime/context.h"
#include "httpd/realtime/daemon_request.h"
#include "wire/link.h"

#include <httpd.h>
#include <apr_strings.h>
#include <http_protocol.h>
#include <unistd.h>

#define PROMPT_MS 10000 /* for an answer that need not wait for an event */
#define SLACK_MS 5000

static void set_line(void *baton, const char *name, const char *value)
{
    request_rec *r = baton;
    if (!strcasecmp(name, "Content-Type"))
        ap_set_content_type(r, apr_pstrdup(r->pool, value));
    else if (strcasecmp(name, "Content-Length") != 0)
        apr_table_add(r->headers_out, name, value);
}

typedef struct forward_t {
    request_rec *r;
    chat_wire_answer_t answer;
} forward_t;

static void begin(void *baton)
{
    forward_t *f = baton;
    f->r->status = f->answer.status;
    chat_wire_answer_lines(&f->answer, set_line, f->r);
    if (f->answer.left)
        ap_set_content_length(f->r, (apr_off_t)f->answer.left);
}

static void pass_body(void *baton, const char *bytes, apr_size_t len)
{
    forward_t *f = baton;
    if (ap_rwrite(bytes, (int)len, f->r) < 0)
        f->answer.state = CHAT_WIRE_ANSWER_BAD;
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
    forward_t f = {.r = r, .answer = {.begin = begin, .body = pass_body}};
    int status, begun, fd;
    apr_status_t rv;
    if (!chat_context_hold(r))
        return OK;
    status = chat_daemon_request_open(&fd, r, 1);
    if (fd < 0)
        return status;
    f.answer.baton = &f;
    f.answer.bodyless = r->header_only;
    rv = chat_wire_receive(&f.answer, fd, patience(r));
    begun = f.answer.status != 0;
    close(fd);
    chat_wire_answer_clear(&f.answer);
    if (!begun)
        return chat_context_lost(r, rv);
    if (rv != APR_SUCCESS)
        r->connection->keepalive = AP_CONN_CLOSE;
    return OK;
}
