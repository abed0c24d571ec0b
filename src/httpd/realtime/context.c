/* SPDX-License-Identifier: Apache-2.0 */
/* The common part of all ways of a realtime request to chatd. */
#include "httpd/realtime/context.h"

#include "httpd/request/body.h"
#include "httpd/request/respond.h"

#include <httpd.h>
#include <apr_strings.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_ssl.h>

/* Engine.IO's numbers of errors: a request that is not right, and "Forbidden", the only
 * one that fits elsewhere. */
enum { EIO_BAD_REQUEST = 3, EIO_FORBIDDEN = 4 };

int chat_context_running(const chat_realtime_t *realtime)
{
    return realtime && realtime->state && chat_realtime_state_running(realtime->state);
}

int chat_context_available(const chat_realtime_t *realtime)
{
    return chat_context_running(realtime) && realtime->link;
}

/* ---- answers of our own ---- */

static int is_mistake(int status)
{
    return status < 500 && status != HTTP_FORBIDDEN;
}

int chat_context_refuse(request_rec *r, int status, const char *text)
{
    const chat_host_t *host = chat_config_server(r->server)->host;
    chat_origin_t origin;
    chat_origin_find(&origin, host, r);
    chat_respond_origin(r, host, &origin);
    chat_body_drop(r, 0);
    r->status = status;
    if (status == HTTP_SERVICE_UNAVAILABLE)
        apr_table_setn(r->headers_out, "Retry-After", "5");
    /* all clients of a daemon that is away come again and again */
    if (status >= HTTP_INTERNAL_SERVER_ERROR)
        chat_respond_log_id(r, APLOG_INFO, text);
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    ap_set_content_type(r, "application/json");
    ap_rprintf(r, "{\"code\":%d,\"message\":\"%s\"}",
               is_mistake(status) ? EIO_BAD_REQUEST : EIO_FORBIDDEN, text);
    return OK;
}

int chat_context_unavailable(request_rec *r)
{
    CHAT_COUNT(chat_context_metrics(r), shed, CHAT_SHED_UNAVAILABLE);
    return chat_context_refuse(r, HTTP_SERVICE_UNAVAILABLE, "Realtime is not available");
}

int chat_context_lost(request_rec *r, apr_status_t rv)
{
    const chat_host_t *host = chat_config_server(r->server)->host;
    if (chat_realtime_state_first(chat_context_of(r)->state, "lost"))
        chat_log(&host->site.log, CHAT_LOG_WARNING, 620, rv,
                 "cannot hand a client to chatd");
    return chat_context_unavailable(r);
}

int chat_context_full(request_rec *r, const char *what, int share)
{
    const chat_host_t *host = chat_config_server(r->server)->host;
    const char *who = share ? r->useragent_ip : "all clients";
    CHAT_COUNT(chat_context_metrics(r), shed,
               *what == 't' ? CHAT_SHED_THREADS : CHAT_SHED_PARKED);
    if (chat_realtime_state_first(chat_context_of(r)->state,
                                  apr_pstrcat(r->pool, what, who, NULL)))
        chat_log(&host->site.log, CHAT_LOG_NOTICE, 641, APR_SUCCESS,
                 "realtime client refused: %s has reached its limit of %s", who, what);
    return chat_context_refuse(r, HTTP_SERVICE_UNAVAILABLE,
                               "Too many realtime connections");
}

/* ---- thread places ---- */

/* A child keeps an eighth of its threads, one at least, for other requests; with one
 * thread it may give that. The bound of all children together (places) is half of the
 * threads: which child a client lands on is chance, and half of each child's would refuse
 * clients while others have room. */
static int child_may(const chat_realtime_t *realtime, int held)
{
    int kept = realtime->threads > 8 ? realtime->threads / 8 : realtime->threads > 1;
    return held <= realtime->threads - kept;
}

int chat_context_enter(const request_rec *r)
{
    chat_realtime_t *realtime = chat_context_of(r);
    int held = __atomic_add_fetch(&realtime->held, 1, __ATOMIC_RELAXED), place = -1;
    if (child_may(realtime, held))
        place = chat_realtime_state_enter(realtime->state, realtime->places,
                                          chat_realtime_state_key(r->useragent_ip),
                                          realtime->place_share);
    if (place < 0)
        __atomic_sub_fetch(&realtime->held, 1, __ATOMIC_RELAXED);
    return place;
}

void chat_context_leave(const request_rec *r, int place)
{
    chat_realtime_t *realtime = chat_context_of(r);
    __atomic_sub_fetch(&realtime->held, 1, __ATOMIC_RELAXED);
    chat_realtime_state_leave(realtime->state, place);
}

typedef struct hold_t {
    const request_rec *r;
    int place;
} hold_t;

static apr_status_t release(void *baton)
{
    hold_t *hold = baton;
    chat_context_leave(hold->r, hold->place);
    return APR_SUCCESS;
}

int chat_context_hold(request_rec *r)
{
    hold_t *hold = apr_palloc(r->pool, sizeof(*hold));
    hold->r = r;
    hold->place = chat_context_enter(r);
    if (hold->place < 0) {
        chat_context_full(r, "threads", hold->place == CHAT_PLACE_SHARE);
        return 0;
    }
    apr_pool_cleanup_register(r->pool, hold, release, apr_pool_cleanup_null);
    return 1;
}

/* ---- messages to chatd ---- */

apr_status_t chat_context_drain(chat_buffer_t *out, ap_filter_t *filter, request_rec *r)
{
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    apr_status_t rv;
    for (;;) {
        const char *bytes;
        apr_size_t len;
        apr_bucket *b;
        rv = ap_get_brigade(filter, bb, AP_MODE_READBYTES, APR_NONBLOCK_READ,
                            HUGE_STRING_LEN);
        if (rv != APR_SUCCESS || APR_BRIGADE_EMPTY(bb))
            break;
        for (b = APR_BRIGADE_FIRST(bb); b != APR_BRIGADE_SENTINEL(bb);
             b = APR_BUCKET_NEXT(b)) {
            if (!APR_BUCKET_IS_METADATA(b) &&
                apr_bucket_read(b, &bytes, &len, APR_BLOCK_READ) == APR_SUCCESS)
                chat_buffer_add(out, bytes, len);
        }
        apr_brigade_cleanup(bb);
        if (out->overflow)
            return APR_ENOSPC;
    }
    apr_brigade_destroy(bb);
    /* The end of the connection is for chatd to find. */
    return APR_SUCCESS;
}

void chat_context_head(chat_intake_t *head, const request_rec *r, chat_intake_kind_t kind)
{
    memset(head, 0, sizeof(*head));
    head->kind = kind;
    head->site = chat_config_server(r->server)->host->number;
    head->tls = ap_ssl_conn_is_ssl(r->connection) ? 1 : 0;
    apr_cpystrn(head->address, r->useragent_ip, sizeof(head->address));
}

apr_status_t chat_context_send(request_rec *r, chat_intake_t *head, const void *bytes,
                               const int fds[2], int held)
{
    chat_daemon_link_t *link = chat_context_of(r)->link;
    apr_status_t rv = chat_daemon_link_send(link, head, bytes, fds, 0);
    int place = 0;
    if (!APR_STATUS_IS_EAGAIN(rv))
        return rv;
    if (!held)
        place = chat_context_enter(r);
    if (place < 0)
        return rv;
    rv = chat_daemon_link_send(link, head, bytes, fds, CHAT_LIMIT_WAIT_MS);
    if (!held)
        chat_context_leave(r, place);
    return rv;
}

void chat_context_retire(chat_realtime_t *realtime)
{
    chat_intake_t head = {.kind = CHAT_INTAKE_RETIRE};
    chat_daemon_link_send(realtime->link, &head, NULL, NULL, 0);
}
