/* SPDX-License-Identifier: Apache-2.0 */
/* Realtime requests that mod_proxy forwards to chatd. */
#include "httpd/realtime/proxy.h"

#include "httpd/realtime/context.h"
#include "httpd/realtime/request_head.h"
#include "wire/proof.h"

#include <httpd.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_ssl.h>

/* With the scheme ws mod_proxy_http upgrades without a worker that was configured to. Of
 * the address it uses nothing but the host, for the header: chatd compares that with
 * Origin. */
static const char *handler_of(request_rec *r)
{
    const char *host = apr_table_get(r->headers_in, "Host");
    return apr_pstrcat(r->pool, "proxy:unix:", chat_context_of(r)->daemon->http,
                       chat_request_head_websocket(r) ? "|ws://" : "|http://",
                       host && *host ? host : "localhost", NULL);
}

/* With the query, which mod_proxy before 2.4.60 loses with such a handler. */
static const char *client_of(request_rec *r)
{
    const chat_host_t *host = chat_config_server(r->server)->host;
    const char *text = apr_psprintf(r->pool, "%u %d %s ?%s", host->number,
                                    ap_ssl_conn_is_ssl(r->connection) ? 1 : 0,
                                    r->useragent_ip, r->args ? r->args : "");
    return chat_proof_add(text, CHAT_PROOF_CLIENT, &host->site.secret, r->pool);
}

int chat_proxy(request_rec *r)
{
    int status;
    if (!chat_context_hold(r))
        return OK;
    apr_table_setn(r->headers_in, CHAT_INTAKE_CLIENT_HEADER, client_of(r));
    r->handler = handler_of(r);
    r->filename = apr_pstrdup(r->pool, r->uri);
    status = ap_run_handler(r);
    if (status == DECLINED) {
        return chat_context_refuse(r, HTTP_SERVICE_UNAVAILABLE,
                                   "This needs mod_proxy and mod_proxy_http");
    }
    return status;
}
