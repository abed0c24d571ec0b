/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/realtime/realtime.h"

#include "base/status.h"
#include "httpd/database.h"
#include "httpd/log.h"
#include "httpd/realtime/client_counts.h"
#include "httpd/realtime/daemon.h"
#include "httpd/realtime/forward.h"
#include "httpd/realtime/handover.h"
#include "httpd/realtime/park.h"
#include "httpd/realtime/parked.h"
#include "httpd/realtime/proxy.h"
#include "httpd/realtime/realtime_limits.h"
#include "httpd/realtime/request_head.h"
#include "httpd/request/body.h"
#include "httpd/request/respond.h"

#include <httpd.h>
#include <ap_mpm.h>
#include <apr_strings.h>
#include <http_main.h>
#include <http_protocol.h>
#include <http_request.h>
#include <http_ssl.h>

/* ---- answers of our own ---- */

/* Engine.IO's form of an error; its number 4 is "Forbidden", the only one that fits. */
int chat_realtime_refuse(request_rec *r, int status, const char *text)
{
    const chat_host_t *host = chat_config_server(r->server)->host;
    chat_origin_t origin;
    chat_origin_find(&origin, host, r);
    chat_respond_origin(r, host, &origin);
    chat_body_drop(r, 0);
    r->status = status;
    if (status == HTTP_SERVICE_UNAVAILABLE)
        apr_table_setn(r->headers_out, "Retry-After", "5");
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    ap_set_content_type(r, "application/json");
    ap_rprintf(r, "{\"code\":4,\"message\":\"%s\"}", text);
    return OK;
}

int chat_realtime_lost(request_rec *r, apr_status_t rv)
{
    const chat_host_t *host = chat_config_server(r->server)->host;
    chat_log(&host->site.log, CHAT_LOG_WARNING, 620, rv,
             "a client cannot be brought to the daemon");
    return chat_realtime_refuse(r, HTTP_SERVICE_UNAVAILABLE, "Realtime is not available");
}

void chat_realtime_head(chat_intake_t *head, const request_rec *r,
                        chat_intake_kind_t kind)
{
    memset(head, 0, sizeof(*head));
    head->kind = kind;
    head->site = chat_config_server(r->server)->host->number;
    head->tls = ap_ssl_conn_is_ssl(r->connection) ? 1 : 0;
    apr_cpystrn(head->address, r->useragent_ip, sizeof(head->address));
}

/* ---- threads that are held ---- */

typedef struct hold_t {
    chat_realtime_t *realtime;
    int place;
} hold_t;

static apr_status_t release(void *baton)
{
    hold_t *hold = baton;
    __atomic_sub_fetch(&hold->realtime->held, 1, __ATOMIC_RELAXED);
    chat_realtime_state_leave(hold->realtime->board, hold->place);
    return APR_SUCCESS;
}

/* A child keeps an eighth of its threads, one at least, for other requests; with one
 * thread it may give that. Half of all threads is the bound (places): who comes to which
 * child is chance, and half of each child's would refuse clients while others have room.
 */
static int child_may(const chat_realtime_t *realtime, int held)
{
    int kept = realtime->threads > 8 ? realtime->threads / 8 : realtime->threads > 1;
    return held <= realtime->threads - kept;
}

int chat_realtime_hold(chat_realtime_t *realtime, apr_pool_t *pool)
{
    hold_t *hold = apr_palloc(pool, sizeof(*hold));
    int held = __atomic_add_fetch(&realtime->held, 1, __ATOMIC_RELAXED);
    hold->realtime = realtime;
    hold->place = child_may(realtime, held)
                      ? chat_realtime_state_enter(realtime->board, realtime->places)
                      : -1;
    if (hold->place < 0) {
        __atomic_sub_fetch(&realtime->held, 1, __ATOMIC_RELAXED);
        return 0;
    }
    apr_pool_cleanup_register(pool, hold, release, apr_pool_cleanup_null);
    return 1;
}

/* ---- requests ---- */

int chat_realtime_running(const chat_realtime_t *realtime)
{
    return realtime && realtime->board && chat_realtime_state_running(realtime->board);
}

static int available(const chat_realtime_t *realtime)
{
    return chat_realtime_running(realtime) && realtime->courier;
}

static int serve(request_rec *r, chat_way_t way)
{
    int websocket = chat_request_head_websocket(r);
    int handover = way != CHAT_WAY_PARK && chat_handover_possible(r);
    int park = way != CHAT_WAY_HANDOVER && chat_park_possible(r);
    if (way == CHAT_WAY_PROXY)
        return chat_proxy(r);
    if (websocket && handover)
        return chat_handover(r);
    /* A poll's connection has other requests to come: better that httpd keeps it. */
    if (park)
        return chat_park(r);
    if (handover)
        return chat_handover(r);
    return websocket ? chat_proxy(r) : chat_forward(r);
}

int chat_realtime_handler(request_rec *r)
{
    const chat_host_t *host = chat_config_server(r->server)->host;
    if (!r->handler || strcmp(r->handler, CHAT_REALTIME_HANDLER) || !host)
        return DECLINED;
    if (r->main)
        return HTTP_NOT_FOUND;
    if (!available(chat_realtime_of(r)) || !chat_database_ready(host->database))
        return chat_realtime_refuse(r, HTTP_SERVICE_UNAVAILABLE,
                                    "Realtime is not available");
    return serve(r, host->way);
}

/* ---- hints ---- */

void chat_realtime_hint(void *baton, apr_int64_t room)
{
    const chat_host_t *host = baton;
    chat_realtime_t *realtime = host->database->generation->realtime;
    chat_intake_t head = {.kind = CHAT_INTAKE_HINT, .site = host->number, .room = room};
    if (available(realtime))
        chat_daemon_link_send(realtime->courier, &head, NULL, -1, 1);
}

/* ---- parent and child ---- */

void chat_realtime_post_config(chat_generation_t *gen, const chat_runner_t *runner,
                               apr_pool_t *pconf, apr_pool_t *ptemp)
{
    const chat_daemon_t *daemon = gen->daemon;
    chat_realtime_t *realtime;
    if (daemon) {
        gen->realtime = realtime = apr_pcalloc(pconf, sizeof(*realtime));
        realtime->mode = daemon->mode;
        realtime->program = daemon->program;
        realtime->intake = daemon->intake;
        realtime->http = daemon->http;
        realtime->conf = daemon->conf;
        realtime->can_park = gen->can_park;
        chat_realtime_limits(gen, ptemp);
    }
    chat_daemon_prepare(gen, runner, pconf, ptemp);
}

void chat_realtime_child_init(chat_generation_t *gen, apr_pool_t *pchild)
{
    chat_realtime_t *realtime = gen->realtime;
    chat_log_t log;
    apr_status_t rv;
    chat_daemon_child();
    if (!realtime || !realtime->board)
        return;
    rv = chat_daemon_link_create(&realtime->courier, realtime->intake, pchild);
    if (rv != APR_SUCCESS) {
        chat_log_server(&log, gen->main);
        chat_log(&log, CHAT_LOG_ERROR, 621, rv,
                 "this process cannot reach the daemon; its realtime answers are 503");
        return;
    }
    if (realtime->can_park && realtime->parked_max > 0)
        rv = chat_relay_create(&realtime->relay, realtime->parked_max, pchild);
    if (rv != APR_SUCCESS) {
        realtime->relay = NULL;
        chat_log_server(&log, gen->main);
        chat_log(&log, CHAT_LOG_ERROR, 622, rv, "this process cannot park connections");
    }
    for (int i = 0; i < gen->hosts->nelts; i++) {
        chat_host_t *host = APR_ARRAY_IDX(gen->hosts, i, chat_host_t *);
        host->site.hint = chat_realtime_hint;
        host->site.hint_baton = host;
        host->site.sockets = chat_client_counts;
        host->site.sockets_baton = host;
    }
}

void chat_realtime_retire(chat_realtime_t *realtime)
{
    chat_intake_t head = {.kind = CHAT_INTAKE_RETIRE};
    chat_daemon_link_send(realtime->courier, &head, NULL, -1, 1);
}

void chat_realtime_stopping(apr_pool_t *pool, int graceful)
{
    chat_realtime_t *realtime =
        chat_config_server(ap_server_conf)->generation
            ? chat_config_server(ap_server_conf)->generation->realtime
            : NULL;
    (void)pool;
    if (!graceful || !realtime || !realtime->relay ||
        __atomic_exchange_n(&realtime->retiring, 1, __ATOMIC_RELAXED))
        return;
    chat_relay_retire(realtime->relay);
    chat_realtime_retire(realtime);
}
