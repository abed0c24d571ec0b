#include "httpd/proxy.h"

#include <apr_strings.h>

#include <http_config.h>
#include <http_ssl.h>

#include "httpd/realtime.h"
#include "httpd/reqhead.h"

/* With the scheme ws mod_proxy_http upgrades without a worker that was told so. */
static const char *handler_of(request_rec *r, const chat_realtime_t *realtime)
{
    return apr_pstrcat(
        r->pool, "proxy:unix:", realtime->http,
        chat_reqhead_websocket(r) ? "|ws://localhost" : "|http://localhost", NULL);
}

int chat_proxy(request_rec *r)
{
    const chat_host_t *host = chat_config_server(r->server)->host;
    chat_realtime_t *realtime = chat_realtime_of(r);
    int status;

    if (!chat_realtime_hold(realtime, r->pool)) {
        return chat_realtime_refuse(r, HTTP_SERVICE_UNAVAILABLE,
                                    "Too many realtime connections");
    }
    apr_table_set(r->headers_in, "X-Chat-Client",
                  apr_psprintf(r->pool, "%u %d %s", host->number,
                               ap_ssl_conn_is_ssl(r->connection) ? 1 : 0,
                               r->useragent_ip));
    r->handler = handler_of(r, realtime);
    r->filename = apr_pstrdup(r->pool, r->uri);
    status = ap_run_handler(r);
    if (status == DECLINED) {
        return chat_realtime_refuse(r, HTTP_SERVICE_UNAVAILABLE,
                                    "This needs mod_proxy and mod_proxy_http");
    }
    return status;
}
