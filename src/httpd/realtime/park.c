/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/realtime/park.h"

#include "httpd/realtime/daemon_request.h"
#include "httpd/realtime/filters.h"
#include "httpd/realtime/parked.h"
#include "httpd/realtime/request_head.h"

#include <httpd.h>
#include <ap_mpm.h>
#include <apr_portable.h>
#include <apr_strings.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_ssl.h>
#include <mpm_common.h>
#include <stdlib.h>
#include <unistd.h>

#define PRIME "CHAT_PARK_PRIME"
#define NETWORK "CHAT_PARK_NETWORK"
#define TIMEOUT "reqtimeout"

#define READ_SIZE 16384
#define POLLS_MAX 1000  /* of one connection: each leaves some bytes in its pool */
#define STALL_MS 1000   /* that the daemon may take no bytes of one client */
#define EARLY_MAX 65536 /* bytes that a client may send before its poll is answered */

static chat_parked_t *parked_of(const conn_rec *c)
{
    return ap_get_module_config(c->conn_config, &chat_module);
}

/* ---- filters ---- */

/* One byte that nobody has sent. Only ap_check_pipeline asks while this stands. */
static apr_status_t prime_filter(ap_filter_t *f, apr_bucket_brigade *bb,
                                 ap_input_mode_t mode, apr_read_type_e block,
                                 apr_off_t size)
{
    apr_bucket_alloc_t *alloc = f->c->bucket_alloc;
    if (mode != AP_MODE_SPECULATIVE)
        return ap_get_brigade(f->next, bb, mode, block, size);
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_immortal_create("x", 1, alloc));
    return APR_SUCCESS;
}

/* Stands between mod_ssl and the core, which would wait for the client at each flush. */
static apr_status_t network_filter(ap_filter_t *f, apr_bucket_brigade *bb)
{
    chat_parked_t *p = f->ctx;
    apr_status_t rv = APR_SUCCESS;
    while (bb && !APR_BRIGADE_EMPTY(bb)) {
        apr_bucket *b = APR_BRIGADE_FIRST(bb);
        const char *bytes;
        apr_size_t len;
        if (rv == APR_SUCCESS && !APR_BUCKET_IS_METADATA(b)) {
            rv = apr_bucket_read(b, &bytes, &len, APR_BLOCK_READ);
            if (rv == APR_SUCCESS && len)
                rv = chat_relay_write(p, bytes, len);
        }
        /* the end of the request too: it is logged now */
        apr_bucket_delete(b);
    }
    return rv;
}

/* mod_reqtimeout counts the time for a body; there is none, for hours. */
static void timeout_out(chat_parked_t *p)
{
    ap_filter_t *f;
    for (f = p->c->input_filters; f; f = f->next) {
        if (!strcasecmp(f->frec->name, TIMEOUT)) {
            p->timeout = f->frec;
            p->timeout_ctx = f->ctx;
            ap_remove_input_filter(f);
            return;
        }
    }
}

static void timeout_back(chat_parked_t *p)
{
    if (p->timeout)
        ap_add_input_filter_handle(p->timeout, p->timeout_ctx, NULL, p->c);
    p->timeout = NULL;
}

/* ---- begin and end ---- */

static apr_status_t pool_ends(void *baton);

static void prime_out(chat_parked_t *p)
{
    if (p->prime)
        ap_remove_input_filter(p->prime);
    p->prime = NULL;
}

/* The connection is httpd's alone again. The calling thread has the mutex. */
static void release(chat_parked_t *p)
{
    conn_rec *c = p->c;
    apr_pool_cleanup_kill(c->pool, p, pool_ends);
    ap_set_module_config(c->conn_config, &chat_module, NULL);
    prime_out(p);
    timeout_back(p);
    ap_remove_output_filter(p->network);
    /* After bytes that are lost nothing may follow. */
    if (p->backlog_len || p->broken)
        c->aborted = 1;
    chat_relay_remove(p);
}

static void take_mutex(chat_parked_t *p)
{
    if (!p->mine) {
        pthread_mutex_lock(&p->mutex);
        p->mine = 1;
    }
}

/* A connection that ends without its hooks, in a child that is ending. */
static apr_status_t pool_ends(void *baton)
{
    chat_parked_t *p = baton;
    take_mutex(p);
    release(p);
    return APR_SUCCESS;
}

static void attach(chat_parked_t *p, conn_rec *c)
{
    p->c = c;
    p->bb = chat_filters_brigade(c);
    take_mutex(p);
    ap_set_module_config(c->conn_config, &chat_module, p);
    timeout_out(p);
    p->network = ap_add_output_filter(NETWORK, p, NULL, c);
    p->prime = ap_add_input_filter(PRIME, p, NULL, c);
    apr_pool_pre_cleanup_register(c->pool, p, pool_ends);
}

/* ---- the handler's part ---- */

int chat_park_possible(request_rec *r)
{
    const chat_realtime_t *realtime = chat_realtime_of(r);
    conn_rec *c = r->connection;
    return realtime->can_park && realtime->relay && c->cs && !c->master &&
           !c->clogging_input_filters &&
           !__atomic_load_n(&realtime->retiring, __ATOMIC_RELAXED);
}

/* What httpd would say about the connection in an answer of its own. */
static const char *connection_lines(int *close, request_rec *r)
{
    const char *value;
    apr_table_setn(r->headers_out, "Content-Length", "0");
    *close = !ap_set_keepalive(r) || r->connection->keepalives >= POLLS_MAX;
    value = apr_table_get(r->headers_out, "Keep-Alive");
    if (!value || *close)
        return "";
    return apr_pstrcat(r->connection->pool,
                       "Connection: Keep-Alive\r\nKeep-Alive: ", value, "\r\n", NULL);
}

static chat_parked_t *create(request_rec *r, int fd)
{
    chat_parked_t *p = calloc(1, sizeof(*p));
    apr_os_sock_t socket;
    if (!p)
        return NULL;
    pthread_mutex_init(&p->mutex, NULL);
    p->relay = chat_realtime_of(r)->relay;
    apr_os_sock_get(&socket, ap_get_conn_socket(r->connection));
    p->fd = socket;
    p->sp = fd;
    p->counted = 1;
    p->keep = r->server->keep_alive_timeout;
    p->poll = !chat_request_head_websocket(r);
    if (p->poll)
        p->connection = connection_lines(&p->close, r);
    p->answer.bodyless = r->header_only;
    return p;
}

/* httpd takes the request for answered and sends nothing of its own. */
static int answered_elsewhere(request_rec *r, int poll)
{
    r->status = poll ? HTTP_OK : HTTP_SWITCHING_PROTOCOLS;
    r->connection->keepalive = AP_CONN_KEEPALIVE;
    r->eos_sent = 1;
    r->output_filters = r->proto_output_filters = r->connection->output_filters;
    return OK;
}

static int refuse(request_rec *r, int fd, apr_status_t rv)
{
    close(fd);
    chat_relay_dismiss(chat_realtime_of(r)->relay);
    return chat_realtime_lost(r, rv);
}

int chat_park(request_rec *r)
{
    chat_relay_t *relay = chat_realtime_of(r)->relay;
    chat_parked_t *p;
    apr_status_t rv;
    int fd = -1, status;
    if (!chat_relay_admit(relay)) {
        return chat_realtime_refuse(r, HTTP_SERVICE_UNAVAILABLE,
                                    "Too many realtime connections");
    }
    status = chat_daemon_request_open(&fd, r);
    if (fd < 0) {
        chat_relay_dismiss(relay);
        return status;
    }
    chat_filters_flush(r);
    p = create(r, fd);
    if (!p)
        return refuse(r, fd, APR_ENOMEM);
    attach(p, r->connection);
    rv = chat_relay_add(p);
    if (rv != APR_SUCCESS) {
        release(p); /* closes and dismisses */
        return chat_realtime_lost(r, rv);
    }
    /* The child may have begun to retire meanwhile. */
    if (!chat_park_possible(r))
        chat_realtime_retire(chat_realtime_of(r));
    return answered_elsewhere(r, p->poll);
}

/* ---- from the client to the daemon ---- */

/* Bytes before the answer belong to a request that is not to be lost, but nobody sends
 * one: it is enough that the connection then ends in good order. */
static apr_status_t take_early(chat_parked_t *p, apr_size_t len)
{
    p->early += len;
    p->close = 1;
    return p->early > EARLY_MAX ? APR_ECONNABORTED : APR_SUCCESS;
}

static apr_status_t take_bytes(chat_parked_t *p, const char *bytes, apr_size_t len)
{
    apr_status_t rv;
    if (p->poll)
        return take_early(p, len);
    rv = chat_daemon_request_write(p->sp, bytes, len, STALL_MS);
    /* The daemon has closed; the client is to get what it said before. */
    if (rv == EPIPE)
        chat_relay_drain(p);
    return rv;
}

static apr_status_t take_brigade(chat_parked_t *p, apr_bucket_brigade *bb)
{
    apr_status_t rv = APR_SUCCESS;
    apr_bucket *b;
    for (b = APR_BRIGADE_FIRST(bb); rv == APR_SUCCESS && b != APR_BRIGADE_SENTINEL(bb);
         b = APR_BUCKET_NEXT(b)) {
        const char *bytes;
        apr_size_t len;
        if (APR_BUCKET_IS_EOS(b))
            rv = APR_EOF;
        if (APR_BUCKET_IS_METADATA(b))
            continue;
        rv = apr_bucket_read(b, &bytes, &len, APR_BLOCK_READ);
        if (rv == APR_SUCCESS && len)
            rv = take_bytes(p, bytes, len);
    }
    apr_brigade_cleanup(bb);
    return rv;
}

/* All that is there: what lies in the filters does not wake the MPM. */
static apr_status_t take_input(chat_parked_t *p)
{
    conn_rec *c = p->c;
    apr_status_t rv;
    do {
        rv = ap_get_brigade(c->input_filters, p->bb, AP_MODE_READBYTES, APR_NONBLOCK_READ,
                            READ_SIZE);
        if (rv == APR_SUCCESS && APR_BRIGADE_EMPTY(p->bb))
            rv = APR_EAGAIN;
        if (rv == APR_SUCCESS)
            rv = take_brigade(p, p->bb);
    } while (rv == APR_SUCCESS);
    apr_brigade_cleanup(p->bb);
    return rv;
}

/* ---- hooks ---- */

static void wait_for_input(conn_rec *c)
{
#ifdef AP_MPMQ_CAN_WAITIO
    c->cs->state = CONN_STATE_ASYNC_WAITIO;
    c->cs->sense = CONN_SENSE_WANT_READ;
#else
    c->cs->state = CONN_STATE_LINGER;
#endif
}

static int process(conn_rec *c)
{
    chat_parked_t *p = parked_of(c);
    if (!p)
        return DECLINED;
    prime_out(p);
    if (p->answered && !p->closing) {
        release(p);
        return DECLINED;
    }
    if (!p->closing && APR_STATUS_IS_EAGAIN(take_input(p)))
        wait_for_input(c);
    else
        c->cs->state = CONN_STATE_LINGER;
    return OK;
}

static void resume(conn_rec *c, request_rec *r)
{
    chat_parked_t *p = parked_of(c);
    (void)r;
    if (p)
        take_mutex(p);
}

static void suspend(conn_rec *c, request_rec *r)
{
    chat_parked_t *p = parked_of(c);
    (void)r;
    if (p && p->mine)
        chat_relay_unlock(p);
}

/* After a time-out in the MPM this comes without a resume. */
static int pre_close(conn_rec *c)
{
    chat_parked_t *p = parked_of(c);
    if (p) {
        take_mutex(p);
        release(p);
    }
    return OK;
}

void chat_park_register(void)
{
    /* Above mod_ssl, so that it stands in c->input_filters. */
    ap_register_input_filter(PRIME, prime_filter, NULL, AP_FTYPE_CONNECTION);
    ap_register_output_filter(NETWORK, network_filter, NULL, AP_FTYPE_NETWORK - 1);
    /* Before mod_http2 and the HTTP core. */
    ap_hook_process_connection(process, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_resume_connection(resume, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_suspend_connection(suspend, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_pre_close_connection(pre_close, NULL, NULL, APR_HOOK_REALLY_FIRST);
}
