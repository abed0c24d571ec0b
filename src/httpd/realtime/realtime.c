/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses the way to chatd for each request; realtime's part of httpd's life. */
#include "httpd/realtime/realtime.h"

#include "base/origin.h"
#include "httpd/config/mounts.h"
#include "httpd/database.h"
#include "httpd/log.h"
#include "httpd/realtime/client_counts.h"
#include "httpd/realtime/context.h"
#include "httpd/realtime/daemon.h"
#include "httpd/realtime/forward.h"
#include "httpd/realtime/handover.h"
#include "httpd/realtime/park.h"
#include "httpd/realtime/proxy.h"
#include "httpd/realtime/realtime_limits.h"
#include "httpd/realtime/request_head.h"

#include <httpd.h>
#include <apr_strings.h>
#include <http_main.h>

/* ---- requests ---- */

/* Browsers send the origin of a page; chatd has the same rule for those that reach it
 * through a ProxyPass line. */
static int origin_refused(request_rec *r, const chat_host_t *host)
{
    const char *origin = apr_table_get(r->headers_in, "Origin");
    if (!origin || chat_origin_allowed(origin, apr_table_get(r->headers_in, "Host"),
                                       host->origins, r->pool))
        return 0;
    CHAT_COUNT(chat_context_metrics(r), shed, CHAT_SHED_ORIGIN);
    if (chat_realtime_state_first(chat_context_of(r)->state, origin))
        chat_log(&host->site.log, CHAT_LOG_NOTICE, 640, APR_SUCCESS,
                 "refused a realtime client of Origin %s at %s: ChatAllowOrigin does not "
                 "list it",
                 origin, r->useragent_ip);
    return 1;
}

static int (*const ways[])(request_rec *r) = {
    [CHAT_VIA_HANDOVER] = chat_handover, [CHAT_VIA_HANDOVER_TLS] = chat_handover_tls,
    [CHAT_VIA_PARK] = chat_park,         [CHAT_VIA_FORWARD] = chat_forward,
    [CHAT_VIA_PROXY] = chat_proxy,
};

static int choose(request_rec *r, chat_way_t way)
{
    int websocket = chat_request_head_websocket(r);
    int handover = way != CHAT_WAY_PARK && chat_handover_possible(r);
    if (way == CHAT_WAY_PROXY)
        return CHAT_VIA_PROXY;
    if (websocket && handover)
        return CHAT_VIA_HANDOVER;
    if (way != CHAT_WAY_PARK && way != CHAT_WAY_PLAIN && chat_handover_tls_possible(r))
        return CHAT_VIA_HANDOVER_TLS;
    /* A poll's connection has other requests to come: better that httpd keeps it. */
    if (way != CHAT_WAY_HANDOVER && chat_park_possible(r))
        return CHAT_VIA_PARK;
    if (handover)
        return CHAT_VIA_HANDOVER;
    return websocket ? CHAT_VIA_PROXY : CHAT_VIA_FORWARD;
}

static int serve(request_rec *r, chat_way_t way)
{
    int mistake = chat_request_head_websocket(r) ? chat_request_head_mistake(r) : 0;
    int via;
    if (mistake)
        return chat_context_refuse(r, mistake, "Bad request");
    via = choose(r, way);
    CHAT_COUNT(chat_context_metrics(r), realtime_requests, via);
    return ways[via](r);
}

int chat_realtime_handler(request_rec *r)
{
    const chat_host_t *host = chat_config_server(r->server)->host;
    if (!r->handler || strcmp(r->handler, CHAT_REALTIME_HANDLER) || !host)
        return DECLINED;
    if (r->main)
        return HTTP_NOT_FOUND;
    if (!chat_context_available(chat_context_of(r)) ||
        !chat_database_ready(host->database))
        return chat_context_unavailable(r);
    if (origin_refused(r, host))
        return chat_context_refuse(r, HTTP_FORBIDDEN, "Forbidden");
    return serve(r, host->way);
}

/* ---- hints ---- */

static void hint(void *baton, apr_int64_t room)
{
    const chat_host_t *host = baton;
    chat_realtime_t *realtime = host->database->generation->realtime;
    chat_intake_t head = {.kind = CHAT_INTAKE_HINT, .site = host->number, .room = room};
    CHAT_COUNT(host->site.metrics, hints, 0);
    if (chat_context_available(realtime))
        chat_daemon_link_send(realtime->link, &head, NULL, NULL, 0);
}

/* ---- parent and child ---- */

void chat_realtime_post_config(chat_generation_t *gen, const chat_runner_t *runner,
                               apr_pool_t *pconf, apr_pool_t *ptemp)
{
    if (gen->daemon) {
        gen->realtime = apr_pcalloc(pconf, sizeof(*gen->realtime));
        gen->realtime->daemon = gen->daemon;
        gen->realtime->can_park = gen->can_park;
        chat_realtime_limits(gen, ptemp);
    }
    chat_daemon_prepare(gen, runner, pconf, ptemp);
}

static void serve_hosts(const chat_generation_t *gen)
{
    for (int i = 0; i < gen->hosts->nelts; i++) {
        chat_host_t *host = APR_ARRAY_IDX(gen->hosts, i, chat_host_t *);
        host->site.hint = hint;
        host->site.hint_baton = host;
        host->site.sockets = chat_client_counts;
        host->site.sockets_baton = host;
    }
}

void chat_realtime_child_init(chat_generation_t *gen, apr_pool_t *pchild)
{
    chat_realtime_t *realtime = gen->realtime;
    chat_log_t log;
    apr_status_t rv;
    chat_daemon_child();
    if (!realtime || !realtime->state)
        return;
    chat_log_server(&log, gen->main);
    rv = chat_daemon_link_create(&realtime->link, realtime->daemon->intake, pchild);
    if (rv != APR_SUCCESS) {
        chat_log(&log, CHAT_LOG_ERROR, 621, rv,
                 "this process cannot reach chatd; its realtime requests get 503");
        return;
    }
    if (realtime->can_park && realtime->parked_max > 0)
        rv = chat_relay_create(&realtime->relay, realtime->parked_max,
                               realtime->parked_share, pchild);
    if (rv != APR_SUCCESS) {
        realtime->relay = NULL;
        chat_log(&log, CHAT_LOG_ERROR, 622, rv, "this process cannot park connections");
    }
    serve_hosts(gen);
}

void chat_realtime_stopping(apr_pool_t *pool, int graceful)
{
    const chat_generation_t *gen = chat_config_server(ap_server_conf)->generation;
    chat_realtime_t *realtime = gen ? gen->realtime : NULL;
    (void)pool;
    if (!graceful || !realtime || !realtime->link ||
        __atomic_exchange_n(&realtime->retiring, 1, __ATOMIC_RELAXED))
        return;
    if (realtime->relay)
        chat_relay_retire(realtime->relay);
    chat_context_retire(realtime);
}
