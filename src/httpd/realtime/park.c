/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that wait in the event MPM while chatd has their requests. */
#include "httpd/realtime/park.h"

#include "httpd/realtime/context.h"
#include "httpd/realtime/daemon_request.h"
#include "httpd/realtime/request_head.h"
#include "httpd/request/respond.h"
#include "wire/link.h"

#include <httpd.h>
#include <ap_mpm.h>
#include <apr_portable.h>
#include <apr_strings.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <http_ssl.h>
#include <mpm_common.h>
#include <stdlib.h>
#include <unistd.h>

#define PRIME "CHAT_PARK_PRIME"
#define NETWORK "CHAT_PARK_NETWORK"
#define TIMEOUT "reqtimeout"
#define BRIGADE "mod_chat-brigade"

/* Headers before 2.4.63 lack the state that newer httpds have. */
#if AP_MODULE_MAGIC_AT_LEAST(20120211, 135)
#define WAITIO CONN_STATE_ASYNC_WAITIO
#else
#define WAITIO ((conn_state_e)8)
#endif

#define READ_SIZE 16384
#define POLLS_MAX 1000  /* of one connection: each leaves some bytes in its pool */
#define STALL_MS 1000   /* that chatd may accept no bytes of one client */
#define EARLY_MAX 65536 /* bytes that a client may send before its poll is answered */

typedef struct park_t {
    chat_parked_t p; /* the first: the relay frees it */
    conn_rec *c;
    ap_filter_t *prime;       /* until the first pass */
    ap_filter_t *network;     /* the last output filter but the core's */
    ap_filter_rec_t *timeout; /* mod_reqtimeout's filter, removed; with its context */
    void *timeout_ctx;
    apr_bucket_brigade *bb;
    apr_size_t early; /* bytes that arrived before the answer */
    request_rec *r;   /* until it is logged; with the status of chatd's answer */
    int status;
} park_t;

static park_t *park_of(const conn_rec *c)
{
    return ap_get_module_config(c->conn_config, &chat_module);
}

/* ---- filters ---- */

/* One byte that no client has sent. Only ap_check_pipeline reads it. */
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

/* Between mod_ssl and the core, which would wait for the client at each flush. */
static apr_status_t network_filter(ap_filter_t *f, apr_bucket_brigade *bb)
{
    park_t *park = f->ctx;
    apr_status_t rv = APR_SUCCESS;
    while (bb && !APR_BRIGADE_EMPTY(bb)) {
        apr_bucket *b = APR_BRIGADE_FIRST(bb);
        const char *bytes;
        apr_size_t len;
        if (rv == APR_SUCCESS && !APR_BUCKET_IS_METADATA(b)) {
            rv = apr_bucket_read(b, &bytes, &len, APR_BLOCK_READ);
            if (rv == APR_SUCCESS && len)
                rv = chat_relay_write(&park->p, bytes, len);
        }
        /* The request ends and is logged with its bucket. Earlier httpd would see the
         * status, and close the connection after some. */
        if (AP_BUCKET_IS_EOR(b) && park->r) {
            park->r->status = park->status;
            park->r = NULL;
        }
        apr_bucket_delete(b);
    }
    return rv;
}

/* Through the connection's filters: mod_ssl's, then ours, which calls chat_relay_write.
 */
static apr_status_t pass(chat_parked_t *p, const char *bytes, apr_size_t len)
{
    park_t *park = (park_t *)p;
    apr_bucket_alloc_t *alloc = park->c->bucket_alloc;
    apr_status_t rv;
    APR_BRIGADE_INSERT_TAIL(park->bb, apr_bucket_transient_create(bytes, len, alloc));
    APR_BRIGADE_INSERT_TAIL(park->bb, apr_bucket_flush_create(alloc));
    rv = ap_pass_brigade(park->c->output_filters, park->bb);
    apr_brigade_cleanup(park->bb);
    return rv;
}

/* One empty brigade for each connection, however often it is parked. */
static apr_bucket_brigade *brigade_of(conn_rec *c)
{
    void *bb = NULL;
    apr_pool_userdata_get(&bb, BRIGADE, c->pool);
    if (!bb) {
        bb = apr_brigade_create(c->pool, c->bucket_alloc);
        apr_pool_userdata_setn(bb, BRIGADE, NULL, c->pool);
    }
    return bb;
}

/* mod_reqtimeout limits the time for a body, and none comes for hours. */
static void remove_timeout(park_t *park)
{
    ap_filter_t *f;
    for (f = park->c->input_filters; f; f = f->next) {
        if (!strcasecmp(f->frec->name, TIMEOUT)) {
            park->timeout = f->frec;
            park->timeout_ctx = f->ctx;
            ap_remove_input_filter(f);
            return;
        }
    }
}

static void restore_timeout(park_t *park)
{
    if (park->timeout)
        ap_add_input_filter_handle(park->timeout, park->timeout_ctx, NULL, park->c);
    park->timeout = NULL;
}

/* ---- begin and end ---- */

static apr_status_t pool_ends(void *baton);

static void remove_prime(park_t *park)
{
    if (park->prime)
        ap_remove_input_filter(park->prime);
    park->prime = NULL;
}

/* The connection is httpd's alone again. The calling thread has the mutex. */
static void release(park_t *park)
{
    conn_rec *c = park->c;
    apr_pool_cleanup_kill(c->pool, park, pool_ends);
    ap_set_module_config(c->conn_config, &chat_module, NULL);
    remove_prime(park);
    restore_timeout(park);
    ap_remove_output_filter(park->network);
    /* After bytes that are lost nothing may follow. */
    if (park->p.backlog_len || park->p.broken)
        c->aborted = 1;
    chat_relay_remove(&park->p);
}

/* A connection that ends without its hooks, in a child that is ending. */
static apr_status_t pool_ends(void *baton)
{
    park_t *park = baton;
    chat_relay_lock(&park->p);
    release(park);
    return APR_SUCCESS;
}

/* The relay thread owns the connection from now on, whatever this returns. */
static apr_status_t attach(park_t *park, conn_rec *c)
{
    apr_status_t rv;
    park->c = c;
    park->bb = brigade_of(c);
    rv = chat_relay_add(&park->p);
    ap_set_module_config(c->conn_config, &chat_module, park);
    remove_timeout(park);
    park->network = ap_add_output_filter(NETWORK, park, NULL, c);
    park->prime = ap_add_input_filter(PRIME, park, NULL, c);
    apr_pool_pre_cleanup_register(c->pool, park, pool_ends);
    return rv;
}

/* ---- the handler's part ---- */

int chat_park_possible(request_rec *r)
{
    const chat_realtime_t *realtime = chat_context_of(r);
    conn_rec *c = r->connection;
    return realtime->can_park && realtime->relay && c->cs && !c->master &&
           !c->clogging_input_filters &&
           !__atomic_load_n(&realtime->retiring, __ATOMIC_RELAXED);
}

/* The header lines about the connection that httpd would write itself. */
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

static park_t *create(request_rec *r, int fd, apr_uint64_t key)
{
    park_t *park = calloc(1, sizeof(*park));
    apr_os_sock_t socket;
    if (!park)
        return NULL;
    apr_os_sock_get(&socket, ap_get_conn_socket(r->connection));
    park->p.relay = chat_context_of(r)->relay;
    park->p.key = key;
    park->p.fd = socket;
    park->p.sp = fd;
    park->p.pass = pass;
    park->p.keep = r->server->keep_alive_timeout;
    park->p.poll = !chat_request_head_websocket(r);
    if (park->p.poll)
        park->p.connection = connection_lines(&park->p.close, r);
    park->p.answer.bodyless = r->header_only;
    return park;
}

/* httpd treats the request as answered and sends nothing of its own. */
static int answered_elsewhere(request_rec *r)
{
    r->connection->keepalive = AP_CONN_KEEPALIVE;
    r->eos_sent = 1;
    r->output_filters = r->proto_output_filters = r->connection->output_filters;
    return OK;
}

/* The status that chatd gives the request, for the access log. Without a place for the
 * thread, or when chatd is slow, it is the one that most requests get. */
static int status_of(request_rec *r, int fd)
{
    int place = chat_context_enter(r), status = 0;
    if (place >= 0) {
        status = chat_wire_peek(fd, CHAT_LIMIT_WAIT_MS);
        chat_context_leave(r, place);
    }
    if (status >= 200 || status == HTTP_SWITCHING_PROTOCOLS)
        return status;
    return chat_request_head_websocket(r) ? HTTP_SWITCHING_PROTOCOLS : HTTP_OK;
}

int chat_park(request_rec *r)
{
    chat_relay_t *relay = chat_context_of(r)->relay;
    apr_uint64_t key = chat_realtime_state_key(r->useragent_ip);
    int fd, answer, status, admitted = chat_relay_admit(relay, key);
    park_t *park;
    apr_status_t rv;
    if (admitted <= 0)
        return chat_context_full(r, "parked connections", admitted < 0);
    answer = chat_daemon_request_open(&fd, r, 0);
    if (fd < 0) {
        chat_relay_dismiss(relay, key);
        return answer;
    }
    status = status_of(r, fd);
    chat_respond_flush(r);
    park = create(r, fd, key);
    if (!park) {
        close(fd);
        chat_relay_dismiss(relay, key);
        return chat_context_lost(r, APR_ENOMEM);
    }
    park->r = r;
    park->status = status;
    rv = attach(park, r->connection);
    if (rv != APR_SUCCESS) {
        release(park); /* closes and dismisses */
        return chat_context_lost(r, rv);
    }
    return answered_elsewhere(r);
}

/* ---- from the client to chatd ---- */

/* Bytes before the answer belong to a request that must not get lost; but clients do not
 * send one: it is enough that the connection then ends in good order. */
static apr_status_t take_early(park_t *park, apr_size_t len)
{
    park->early += len;
    park->p.close = 1;
    return park->early > EARLY_MAX ? APR_ECONNABORTED : APR_SUCCESS;
}

static apr_status_t take_bytes(park_t *park, const char *bytes, apr_size_t len)
{
    apr_status_t rv;
    if (park->p.poll)
        return take_early(park, len);
    rv = chat_wire_write(park->p.sp, bytes, len, STALL_MS);
    /* chatd has closed; the client is to get what it sent before. */
    if (rv == EPIPE)
        chat_relay_drain(&park->p);
    return rv;
}

static apr_status_t take_brigade(park_t *park, apr_bucket_brigade *bb)
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
            rv = take_bytes(park, bytes, len);
    }
    apr_brigade_cleanup(bb);
    return rv;
}

/* All that is there: what lies in the filters does not wake the MPM. */
static apr_status_t take_input(park_t *park)
{
    conn_rec *c = park->c;
    apr_status_t rv;
    do {
        rv = ap_get_brigade(c->input_filters, park->bb, AP_MODE_READBYTES,
                            APR_NONBLOCK_READ, READ_SIZE);
        if (rv == APR_SUCCESS && APR_BRIGADE_EMPTY(park->bb))
            rv = APR_EAGAIN;
        if (rv == APR_SUCCESS)
            rv = take_brigade(park, park->bb);
    } while (rv == APR_SUCCESS);
    apr_brigade_cleanup(park->bb);
    return rv;
}

/* ---- hooks ---- */

static void wait_for_input(conn_rec *c)
{
    c->cs->state = WAITIO;
    c->cs->sense = CONN_SENSE_WANT_READ;
}

static int process(conn_rec *c)
{
    park_t *park = park_of(c);
    if (!park)
        return DECLINED;
    remove_prime(park);
    if (park->p.answered && !park->p.closing) {
        release(park);
        return DECLINED;
    }
    if (!park->p.closing && APR_STATUS_IS_EAGAIN(take_input(park)))
        wait_for_input(c);
    else
        c->cs->state = CONN_STATE_LINGER;
    return OK;
}

static void resume(conn_rec *c, request_rec *r)
{
    park_t *park = park_of(c);
    (void)r;
    if (park)
        chat_relay_lock(&park->p);
}

static void suspend(conn_rec *c, request_rec *r)
{
    park_t *park = park_of(c);
    (void)r;
    if (park && park->p.mine)
        chat_relay_unlock(&park->p);
}

/* After a time-out in the MPM this is called without a resume. */
static int pre_close(conn_rec *c)
{
    park_t *park = park_of(c);
    if (park) {
        chat_relay_lock(&park->p);
        release(park);
    }
    return OK;
}

void chat_park_register(void)
{
    /* Above mod_ssl, so that it is in c->input_filters. */
    ap_register_input_filter(PRIME, prime_filter, NULL, AP_FTYPE_CONNECTION);
    ap_register_output_filter(NETWORK, network_filter, NULL, AP_FTYPE_NETWORK - 1);
    /* Before mod_http2 and the HTTP core. */
    ap_hook_process_connection(process, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_resume_connection(resume, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_suspend_connection(suspend, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_pre_close_connection(pre_close, NULL, NULL, APR_HOOK_REALLY_FIRST);
}
