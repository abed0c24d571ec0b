/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/realtime/proxy.h"

#include "httpd/realtime/realtime.h"
#include "httpd/realtime/request_head.h"

#include <httpd.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_ssl.h>

/* With the scheme ws mod_proxy_http upgrades without a worker that was told so. Of the
 * address it uses nothing but the host, for the header: the daemon compares that with
 * Origin. */
static const char *handler_of(request_rec *r, const chat_realtime_t *realtime)
{
    const char *host = apr_table_get(r->headers_in, "Host");
    return apr_pstrcat(r->pool, "proxy:unix:", realtime->http,
                       chat_request_head_websocket(r) ? "|ws://" : "|http://",
                       host && *host ? host : "localhost", NULL);
}

static const char *client_of(request_rec *r)
{
    const chat_host_t *host = chat_config_server(r->server)->host;
    const char *text =
        apr_psprintf(r->pool, "%u %d %s", host->number,
                     ap_ssl_conn_is_ssl(r->connection) ? 1 : 0, r->useragent_ip);
    char proof[CHAT_HASH_SIZE];
    chat_hash_keyed(proof, &host->site.secret, CHAT_INTAKE_CLIENT, text, strlen(text));
    return apr_pstrcat(r->pool, text, " ", proof, NULL);
}

int chat_proxy(request_rec *r)
{
    chat_realtime_t *realtime = chat_realtime_of(r);
    int status;
    if (!chat_realtime_hold(realtime, r->pool)) {
        return chat_realtime_refuse(r, HTTP_SERVICE_UNAVAILABLE,
                                    "Too many realtime connections");
    }
    apr_table_setn(r->headers_in, "X-Chat-Client", client_of(r));
    r->handler = handler_of(r, realtime);
    r->filename = apr_pstrdup(r->pool, r->uri);
    status = ap_run_handler(r);
    if (status == DECLINED) {
        return chat_realtime_refuse(r, HTTP_SERVICE_UNAVAILABLE,
                                    "This needs mod_proxy and mod_proxy_http");
    }
    return status;
}
